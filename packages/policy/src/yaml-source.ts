import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLError,
} from 'yaml';
import { formatPath, type PathSegment, type Position, type Problem } from './problem.ts';
import { checkText } from './yaml-limits.ts';

/** Where something stands. A path that is not there answers with its nearest parent that is. */
type Locate = (path: readonly PathSegment[], part?: 'key' | 'value') => Position;

/** A document that is plain YAML: text, numbers, lists and maps with text keys, and nothing that YAML can do beyond that. */
export interface YamlSource {
  readonly value: unknown;
  readonly locate: Locate;
}

export type YamlResult =
  { readonly ok: true; readonly source: YamlSource } | { readonly ok: false; readonly problems: readonly Problem[] };

/** `constructor` and the like mean something on every JavaScript object, so they may not be anybody's name. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const DEPTH_MAX = 32;

const SENTENCES: Partial<Record<YAMLError['code'], string>> = {
  MULTIPLE_DOCS: 'a second YAML document begins here: a policy is one document',
  TAB_AS_INDENT: 'there is a tab here: use spaces',
};

export function readYaml(text: string, file: string): YamlResult {
  const problem = (at: Position, message: string, path = ''): Problem => ({
    severity: 'error',
    file,
    path,
    message,
    line: at.line,
    column: at.column,
  });
  const early = checkText(text);
  if (early.length > 0) return { ok: false, problems: early.map((found) => problem(found, found.message)) };

  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const document = parse(text, lines);
  if (document === undefined)
    return { ok: false, problems: [problem({ line: 1, column: 1 }, 'cannot be read as YAML')] };

  const problems = [...document.errors, ...document.warnings].map((error) =>
    problem(position(error.pos[0]), SENTENCES[error.code] ?? `is not valid YAML: ${error.message}`),
  );
  for (const { offset, path, message } of plainness(document)) {
    problems.push(problem(position(offset), message, formatPath(path)));
  }
  if (problems.length > 0) return { ok: false, problems };
  const offset = offsets(document);
  const locate: Locate = (path, part = 'value') => position(offset(path, part));
  return { ok: true, source: { value: document.toJS({ maxAliasCount: 0 }), locate } };
}

function parse(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  try {
    return parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      // Its own check of duplicate keys compares each with each: half a minute for 60,000 of them. Ours is below.
      uniqueKeys: false,
      merge: false,
      version: '1.2',
      schema: 'core',
    });
  } catch {
    // The parser recurses: what still overflows its stack, or trips it, is no policy.
    return undefined;
  }
}

interface NodeProblem {
  readonly offset: number;
  readonly path: readonly PathSegment[];
  readonly message: string;
}

function plainness(document: Document.Parsed): NodeProblem[] {
  const found: NodeProblem[] = [];
  const seen = new WeakMap<object, Set<unknown>>();
  visit(document, (key, node, ancestors) => {
    if (ancestors.filter(isCollection).length > DEPTH_MAX) {
      found.push({ offset: startOf(node), path: [], message: `is nested more than ${DEPTH_MAX} levels deep` });
      return visit.BREAK;
    }
    if (isMap(node)) seen.set(node, new Set());
    const message = isPair(node)
      ? keyProblem(node, seen.get(ancestors.at(-1) ?? document))
      : isNode(node)
        ? nodeProblem(node)
        : undefined;
    if (message !== undefined) {
      const offset = startOf(isPair(node) ? node.key : node);
      found.push({ offset, path: pathOf([...ancestors, node], key), message });
    }
    return undefined;
  });
  return found;
}

function keyProblem({ key }: Pair, seen: Set<unknown> = new Set()): string | undefined {
  if (!isScalar(key)) return 'a key must be plain text';
  if (typeof key.value !== 'string') return `a key must be text: write "${String(key.source ?? key.value)}" in quotes`;
  if (FORBIDDEN_KEYS.has(key.value)) return `"${key.value}" may not be a name here`;
  if (seen.has(key.value)) return 'this key is here twice: remove one';
  seen.add(key.value);
  return undefined;
}

function nodeProblem(node: Node): string | undefined {
  if (isAlias(node)) return 'aliases (*name) are not allowed: write it out';
  if ('anchor' in node && node.anchor !== undefined) return 'anchors (&name) are not allowed: write it out';
  if (node.tag !== undefined) return `tags (${node.tag}) are not allowed`;
  return undefined;
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** The path of a visited node, from the pairs and lists above it. */
function pathOf(trail: readonly unknown[], key: unknown): PathSegment[] {
  const path: PathSegment[] = [];
  trail.forEach((node, index) => {
    if (isPair(node) && isScalar(node.key)) path.push(String(node.key.value));
    const above = trail[index - 1];
    if (isSeq(above))
      path.push(index === trail.length - 1 && typeof key === 'number' ? key : above.items.indexOf(node));
  });
  return path;
}

function offsets(document: Document.Parsed): (path: readonly PathSegment[], part: 'key' | 'value') => number {
  const indexes = new WeakMap<YAMLMap, Map<unknown, Pair>>();
  const indexOf = (map: YAMLMap) => {
    const index =
      indexes.get(map) ?? new Map(map.items.map((pair) => [isScalar(pair.key) ? pair.key.value : undefined, pair]));
    indexes.set(map, index);
    return index;
  };
  const entryOf = (node: unknown, segment: PathSegment): { key?: unknown; value: unknown } | undefined => {
    if (isMap(node)) return indexOf(node).get(segment);
    return isSeq(node) && typeof segment === 'number' && segment in node.items
      ? { value: node.items[segment] }
      : undefined;
  };
  return (path, part) => {
    let node: unknown = document.contents;
    let offset = startOf(node);
    for (const [index, segment] of path.entries()) {
      const entry = entryOf(node, segment);
      if (entry === undefined) return offset;
      // A map or list is pointed at by its name; what stands after the name, by itself.
      const byKey = (part === 'key' && index === path.length - 1) || !isScalar(entry.value);
      offset = startOf(byKey ? (entry.key ?? entry.value) : entry.value);
      node = entry.value;
    }
    return offset;
  };
}
