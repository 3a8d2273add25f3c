import { AppError } from '@causeway/core';
import { isMap, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { checkSemanticModel, type ModelFinding } from './check-semantic-model.ts';
import { type SemanticModel, semanticModelSchema } from './semantic-model.ts';

const TEXT_MAX = 256 * 1024;

/** A semantic model. Refuses it as a whole, with everything that is wrong with it. */
export function parseSemanticModel(text: string, file = 'semantic-model.yaml'): SemanticModel {
  if (text.length > TEXT_MAX) throw refused([`${file}: is larger than ${TEXT_MAX / 1024} KiB`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'core', merge: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  if (document.errors.length > 0) throw refused(document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message}`));
  const result = semanticModelSchema.safeParse(plain(document, file));
  const findings = result.success ? checkSemanticModel(result.data) : result.error.issues.flatMap(schemaFindings);
  if (result.success && findings.length === 0) return result.data;
  throw refused(findings.map(({ path, message }) => `${at(offsetOf(document, path))}: ${path.join('.')}: ${message}`));
}

function schemaFindings(issue: z.core.$ZodIssue): ModelFinding[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...path, key], message: `there is no setting "${key}" here` }));
}

/** Aliases could make a small text a large model. */
function plain(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw refused([`${file}: aliases (*name) are not allowed: write it out`]);
  }
}

function refused(problems: readonly string[]): AppError {
  return new AppError('config_invalid', `the semantic model is refused:\n${problems.join('\n')}`);
}

/** Where the last part of the path stands, or the nearest part above it that does. */
function offsetOf(document: Document.Parsed, path: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const segment of path) {
    const pair = isMap(node) ? node.items.find(({ key }) => String(key) === segment) : undefined;
    if (pair === undefined) break;
    offset = (pair.key as { range?: readonly number[] }).range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}
