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
import { policySchema } from './schema.ts';
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
  const report = reporter(problems, yaml.source, options.file);
  const raw = yaml.source.value;
  const parsed = policySchema.safeParse(raw);
  for (const issue of parsed.error?.issues ?? []) {
    for (const { path, part, message } of schemaFindings(issue, raw)) report(path, message, { part });
  }
  const draft = parsed.data ?? draftOf(raw);
  // Beside a wrong part, a warning may be no more than its shadow.
  const quiet: Report = (path, message, of = {}) =>
    of.severity === 'warning' && !parsed.success ? undefined : report(path, message, of);
  const check: PolicyCheck = { draft, names: namesOf(raw), production: options.production === true, report: quiet };
  for (const run of CHECKS) run(check);
  await checkConditions(check);
  problems.sort((a, b) => a.line - b.line || a.column - b.column);

  if (parsed.data === undefined || problems.some(({ severity }) => severity === 'error'))
    return { ok: false, problems };
  const policy = parsed.data;
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

/** The policy that a text says. Throws `PolicyRefused` with every problem when any part of it is wrong. */
export async function parsePolicy(text: string, options: ParseOptions): Promise<PolicyDocument> {
  const result = await checkPolicy(text, options);
  if (!result.ok) throw new PolicyRefused(result.problems);
  return result.document;
}

function reporter(problems: Problem[], source: YamlSource, file: string): Report {
  return (path, message, { severity = 'error', part = 'value' } = {}) => {
    const { line, column } = source.locate(path, part);
    problems.push({ severity, file, line, column, path: formatPath(path), message });
  };
}
