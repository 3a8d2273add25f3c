import { resolve } from 'node:path';

import { createSubjectTokenVerifier, type Step, type SubjectTokenResult, TrustedProviders } from '@causeway/auth';
import { explainRole, mapClaims, type MappedClaims, type PolicyDocument, providerSettings } from '@causeway/policy';

import { type CommandContext, defineCommand } from '../command.ts';
import { CommandError, EXIT_NO, EXIT_USAGE } from '../command-error.ts';
import { policyFile, readPolicy } from './policy-source.ts';

const TYPES = ['jwt', 'access_token', 'id_token'] as const;

const OPTIONS = {
  token: { type: 'string', value: 'T', required: true, help: 'the token that somebody would present' },
  type: { type: 'string', value: 'TYPE', help: `what it is presented as: ${TYPES.join(', ')} (jwt)` },
  json: { type: 'boolean', help: 'print JSON' },
} as const;

export const authTest = defineCommand({
  name: 'auth test',
  summary: 'Judge a provider’s token step by step, as the portal would.',
  details: [
    'Fetches the provider’s keys. The exit code says whether a principal token would be given for it.',
    'Without FILE the policy is the one of CAUSEWAY_POLICY, or the demo’s.',
  ],
  operands: [{ name: 'FILE', required: false }],
  options: OPTIONS,
  async run(context) {
    const { args, stdout } = context;
    const type = TYPES.find((one) => one === (args.options.type ?? 'jwt'));
    if (type === undefined) throw new CommandError(EXIT_USAGE, `--type is one of ${TYPES.join(', ')}`);
    const document = await readDocument(context);
    const providers = new TrustedProviders({ providers: providerSettings(document), now: Date.now });
    try {
      const ownIssuer = context.env['PORTAL_PUBLIC_URL'] ?? 'http://127.0.0.1:8700';
      const verifier = createSubjectTokenVerifier({ providers, ownIssuer, now: Date.now });
      const judged = await verifier.explain(args.options.token.trim(), type);
      const verdict = verdictOf(document, judged);
      stdout.write(args.options.json ? `${JSON.stringify(verdict, null, 2)}\n` : verdictText(verdict));
      return verdict.accepted ? 0 : EXIT_NO;
    } finally {
      await providers.close();
    }
  },
});

/** Without FILE and CAUSEWAY_POLICY it is the demo's, as for the portal itself. */
async function readDocument(context: CommandContext<unknown>): Promise<PolicyDocument> {
  const { cwd, env, args } = context;
  const isGiven = args.operands[0] !== undefined || (env['CAUSEWAY_POLICY'] ?? '') !== '';
  const file = policyFile(context, isGiven ? args.operands[0] : 'infra/local/policy.yaml');
  // Relative files of the policy count from its own folder, so its path must be whole.
  return readPolicy(context, resolve(cwd, file));
}

interface Judged {
  readonly steps: readonly Step[];
  readonly result: SubjectTokenResult;
}

interface Verdict {
  readonly accepted: boolean;
  readonly steps: readonly Step[];
  readonly refused?: string;
  readonly facts: Readonly<Record<string, string>>;
}

function verdictOf(document: PolicyDocument, { steps, result }: Judged): Verdict {
  if (!result.ok) {
    return {
      accepted: false,
      steps,
      refused: result.reason,
      facts: result.idp === undefined ? {} : { provider: result.idp },
    };
  }
  const { human } = result;
  const mapped = mapClaims(document, human, result.claims);
  const who = {
    provider: human.idp,
    human: `${human.email ?? 'no e-mail that counts'} (${human.subject} at ${human.issuer})`,
  };
  const all = [...steps, { check: 'role', passed: mapped.ok }];
  if (!mapped.ok) return { accepted: false, steps: all, refused: mapped.reason, facts: who };
  return { accepted: true, steps: all, facts: { ...who, ...factsOf(document, mapped) } };
}

function factsOf(document: PolicyDocument, { principal, scopes }: Extract<MappedClaims, { ok: true }>) {
  const tools = explainRole(document, principal.role)?.tools.filter(({ allowed }) => allowed) ?? [];
  return {
    role: principal.role,
    principal: principal.id,
    'database role': principal.id,
    groups: principal.groups.join(', '),
    scopes: scopes.join(', '),
    tools: tools.map(({ name }) => name).join(', '),
  };
}

function verdictText({ accepted, steps, refused, facts }: Verdict): string {
  const lines = [
    ...steps.map(({ check, passed }) => `${passed ? 'ok' : 'no'}  ${check}`),
    '',
    ...(refused === undefined ? [] : [`refused        ${refused}`]),
    ...Object.entries(facts).map(([name, value]) => `${name.padEnd(13)}  ${value}`),
    accepted ? 'A principal token would be given.' : 'It would be refused; the caller would not learn why.',
  ];
  // What a token says could hold what a terminal obeys.
  return `${lines.join('\n').replaceAll(/[^\P{Cc}\n]/gu, '?')}\n`;
}
