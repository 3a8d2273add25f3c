import { AppError } from '@causeway/core';
import { checkClients } from './check-clients.ts';
import { checkConditions } from './check-conditions.ts';
import { checkData } from './check-data.ts';
import { checkOutside } from './check-outside.ts';
import { checkProviders } from './check-providers.ts';
import { checkRoles } from './check-roles.ts';
import { checkTools } from './check-tools.ts';
import { engineDigest, policyDigest } from './digest.ts';
import { draftOf, namesOf } from './draft.ts';
import type { PolicyCheck, Report } from './policy-check.ts';
import type { PolicyDocument } from './policy-document.ts';
import { formatPath, PolicyRefused, type Problem } from './problem.ts';
import { schemaFindings } from './schema-problem.ts';
import { type Policy, policySchema } from './schema.ts';
import { compilePostgres } from './sql/compile-postgres.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

export interface ParseOptions {
  /** Name of the document, for messages, and the place that relative file names count from. */
  readonly file: string;
  /** Refuses what only a local stack may have: plain http, loopback, keys of the demo. */
  readonly production?: boolean;
}

export type PolicyResult =
  | { readonly ok: true; readonly document: PolicyDocument; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const CHECKS: readonly ((check: PolicyCheck) => void)[] = [
  checkProviders,
  checkRoles,
  checkTools,
  checkData,
  checkClients,
  checkOutside,
];

/** The policy that a text says, or everything that is wrong with it. Refuses by its answer, never by throwing. */
export async function checkPolicy(text: string, options: ParseOptions): Promise<PolicyResult> {
  const yaml = readYaml(text, options.file);
  if (!yaml.ok) return yaml;
  const problems: Problem[] = [];
  const policy = await understand(yaml.source, options, reporter(problems, yaml.source, options.file));
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  if (policy === undefined || hasError(problems)) return { ok: false, problems };

  const document: PolicyDocument = {
    policy,
    file: options.file,
    digest: policyDigest(policy),
    engineDigest: engineDigest(policy),
    warnings: problems,
    locate: (path) => yaml.source.locate(path, 'key'),
  };
  return { ok: true, document, problems };
}

async function understand(
  { value: raw }: YamlSource,
  options: ParseOptions,
  report: Report,
): Promise<Policy | undefined> {
  const parsed = policySchema.safeParse(raw);
  for (const issue of parsed.error?.issues ?? []) {
    for (const { path, part, message } of schemaFindings(issue, raw)) report(path, message, { part });
  }
  let isRefused = !parsed.success;
  const noted: Report = (path, message, of = {}) => {
    // Beside a wrong part, a warning may be no more than its shadow.
    if (of.severity === 'warning' && !parsed.success) return;
    isRefused ||= of.severity !== 'warning';
    report(path, message, of);
  };
  const draft = parsed.data ?? draftOf(raw);
  const check: PolicyCheck = { draft, names: namesOf(raw), production: options.production === true, report: noted };
  for (const run of CHECKS) run(check);
  await checkConditions(check);
  if (parsed.success && !isRefused) await checkCompiled(parsed.data, report);
  return parsed.data;
}

/** The policy that a text says. Throws `PolicyRefused` with every problem when any part of it is wrong. */
export async function parsePolicy(text: string, options: ParseOptions): Promise<PolicyDocument> {
  const result = await checkPolicy(text, options);
  if (!result.ok) throw new PolicyRefused(result.problems);
  return result.document;
}

const hasError = (problems: readonly Problem[]) => problems.some(({ severity }) => severity === 'error');

/** What cannot be written as governance is no policy: better said here than when it is applied. */
async function checkCompiled(policy: Policy, report: Report): Promise<void> {
  try {
    await compilePostgres(policy);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'config_invalid') throw error;
    report([], error.message.replaceAll(/\s*\n\s*/g, ' '));
  }
}

function reporter(problems: Problem[], source: YamlSource, file: string): Report {
  return (path, message, { severity = 'error', part = 'value' } = {}) => {
    const { line, column } = source.locate(path, part);
    problems.push({ severity, file, line, column, path: formatPath(path), message });
  };
}
