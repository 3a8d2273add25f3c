import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { readPorts } from '@causeway/local/ports';
import type { PolicyDocument } from '@causeway/policy';
import {
  listenAddress,
  type ListenAddress,
  optional,
  path,
  postgresUrl,
  secret,
  stateStoreVariables,
  telemetryVariables,
} from '@causeway/runtime';

import { type CommandContext, defineCommand } from '../command.ts';
import { EXIT_NO } from '../command-error.ts';
import { runChecks } from '../doctor/doctor-check.ts';
import { doctorText } from '../doctor/doctor-text.ts';
import { insideChecks } from '../doctor/inside-checks.ts';
import { outsideChecks } from '../doctor/outside-checks.ts';
import { providerChecks } from '../doctor/provider-checks.ts';
import { telemetryChecks } from '../doctor/telemetry-check.ts';
import { workerCheck } from '../doctor/worker-check.ts';
import { workspaceChecks } from '../doctor/workspace-checks.ts';
import { readAuditSettings } from './audit-settings.ts';
import { WAREHOUSE_SETTINGS } from './audit-warehouse.ts';
import { readPolicy } from './policy-source.ts';

const SETTINGS = {
  ...telemetryVariables(),
  ...stateStoreVariables(),
  ...WAREHOUSE_SETTINGS,
  policy: optional(path('CAUSEWAY_POLICY', { description: 'The policy document.' })),
  databaseUrl: optional(postgresUrl('DATABASE_URL', { description: 'The warehouse, as the gateway’s login.' })),
  headsPath: optional(path('AUDIT_HEADS_PATH', { description: 'The signed heads.' })),
  signingKey: optional(secret('AUDIT_SIGNING_KEY', { description: 'What signs them.' })),
  journalDir: optional(path('JOURNAL_DIR', { description: 'Where the journals are.' })),
  workerListen: optional(listenAddress('AUDIT_WORKER_LISTEN', { description: 'Where the worker listens.' })),
};

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Check an installation from outside and inside, and say in plain words what is wrong.',
  details: [
    'Reads the settings of the services, as far as they are set here; what is missing is not checked, and it says so.',
    'From outside: PORTAL_PUBLIC_URL, MCP_PUBLIC_URL, and the providers of CAUSEWAY_POLICY.',
    'From inside: REDIS_URL or STATE_DATABASE_URL, DATABASE_URL, AUDIT_WORKER_LISTEN, AUDIT_HEADS_PATH,',
    'AUDIT_SIGNING_KEY_FILE, JOURNAL_DIR, and OTEL_*; with PLATFORM=databricks the DATABRICKS_ settings of the worker.',
    'It changes nothing, and prints no secret.',
    'Exit code 1: something is wrong.',
  ],
  options: { json: { type: 'boolean', help: 'print JSON' } },
  async run(context) {
    const findings = await runChecks(await checksOf(context), context.signal);
    const isWell = findings.every(({ status }) => status !== 'wrong');
    const { options } = context.args;
    context.stdout.write(
      options.json ? `${JSON.stringify({ ok: isWell, checks: findings }, null, 2)}\n` : doctorText(findings),
    );
    return isWell ? 0 : EXIT_NO;
  },
});

type Context = CommandContext<{ readonly json: boolean }>;

async function checksOf(context: Context) {
  const settings = readAuditSettings(context, SETTINGS);
  const isLocal = settings.deployment === 'local';
  const document = await policyOf(context, { file: settings.policy, isLocal });
  return [
    ...outsideChecks({ portal: settings.portal, mcp: settings.mcp }),
    ...(document === undefined ? [] : providerChecks(document)),
    ...insideChecks({ ...settings, document }),
    ...(settings.platform === 'databricks' ? workspaceChecks(settings) : []),
    workerCheck(workerUrl(context, { listen: settings.workerListen, isLocal })),
    ...telemetryChecks(settings),
  ];
}

/** The one of CAUSEWAY_POLICY; in a checkout on a developer's machine, the demo's. */
async function policyOf(
  context: Context,
  { file, isLocal }: { readonly file: string | undefined; readonly isLocal: boolean },
): Promise<PolicyDocument | undefined> {
  const demo = resolve(context.cwd, 'infra/local/policy.yaml');
  const named = file !== undefined && file !== '' ? resolve(context.cwd, file) : undefined;
  const found = named ?? (isLocal && existsSync(demo) ? demo : undefined);
  return found === undefined ? undefined : readPolicy(context, found);
}

function workerUrl(
  { env }: Context,
  { listen, isLocal }: { readonly listen: ListenAddress | undefined; readonly isLocal: boolean },
): string | undefined {
  if (listen === undefined) return isLocal ? `http://127.0.0.1:${readPorts(env).auditWorker}` : undefined;
  const isAnywhere = listen.host === '0.0.0.0' || listen.host === '::';
  return `http://${isAnywhere ? '127.0.0.1' : listen.host}:${listen.port}`;
}
