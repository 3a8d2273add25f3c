import {
  type Environment,
  optional,
  path,
  postgresUrl,
  publicUrl,
  readSettings,
  secret,
  serviceVariables,
  stateStoreProblems,
  stateStoreVariables,
  telemetryProblems,
  telemetryVariables,
} from '@causeway/runtime';

const { listen, logLevel } = serviceVariables('AUDIT_WORKER_LISTEN', 8702);
const place = { description: 'Says whether this is production.' };

export const WORKER_VARIABLES = {
  ...telemetryVariables(),
  portal: optional(publicUrl('PORTAL_PUBLIC_URL', place)),
  mcp: optional(publicUrl('MCP_PUBLIC_URL', place)),
  listen,
  logLevel,
  ...stateStoreVariables(),
  databaseUrl: postgresUrl('AUDIT_DATABASE_URL', { description: 'The warehouse, as causeway_audit_worker.' }),
  signingKey: secret('AUDIT_SIGNING_KEY', {
    description: 'Private P-256 key in PEM that signs the heads of the chain.',
  }),
  headsPath: path('AUDIT_HEADS_PATH', {
    description: 'Where the signed heads are written: a file of this worker’s own, outside the database.',
    localDefault: '.causeway/audit/heads.jsonl',
  }),
  producerKey: secret('AUDIT_PRODUCER_KEY', { description: 'The key with which producers sign their batches.' }),
  producerKeyBefore: optional(
    secret('AUDIT_PRODUCER_KEY_BEFORE', { description: 'The one before it, as long as producers still use it.' }),
  ),
};

export type WorkerSettings = ReturnType<typeof readWorkerSettings>;

export function readWorkerSettings(environment: Environment) {
  return readSettings(WORKER_VARIABLES, environment, (settings) => [
    ...stateStoreProblems(settings, [settings.databaseUrl]),
    ...telemetryProblems(settings),
  ]);
}
