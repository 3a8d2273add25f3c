import type { Secret } from '@causeway/core';
import {
  type Environment,
  optional,
  path,
  postgresUrl,
  publicUrl,
  readSettings,
  secret,
  serviceVariables,
  type SettingProblem,
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
  producerKeys: optional(
    secret('AUDIT_PRODUCER_KEYS', {
      description: 'Keys of single services, each good for that service’s events only: lines of `service:key`.',
    }),
  ),
  producerKey: optional(
    secret('AUDIT_PRODUCER_KEY', { description: 'A key with which every producer may sign its batches.' }),
  ),
  producerKeyBefore: optional(
    secret('AUDIT_PRODUCER_KEY_BEFORE', { description: 'The one before it, as long as producers still use it.' }),
  ),
};

export type WorkerSettings = ReturnType<typeof readWorkerSettings>;

interface ProducerKeySettings {
  readonly producerKey?: Secret | undefined;
  readonly producerKeys?: Secret | undefined;
}

function producerKeyProblems(settings: ProducerKeySettings): SettingProblem[] {
  // A variable that was wrong is missing here too, and has been reported by its own name.
  const isMissing = 'producerKey' in settings && settings.producerKey === undefined;
  if (!isMissing || settings.producerKeys !== undefined) return [];
  return [{ variable: 'AUDIT_PRODUCER_KEY', problem: 'is not set, nor is AUDIT_PRODUCER_KEYS' }];
}

export function readWorkerSettings(environment: Environment) {
  return readSettings(WORKER_VARIABLES, environment, (settings) => [
    ...stateStoreProblems(settings, [settings.databaseUrl]),
    ...telemetryProblems(settings),
    ...producerKeyProblems(settings),
  ]);
}
