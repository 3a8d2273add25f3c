import type { Secret } from '@causeway/core';
import { machineWorkspaceProblems, workspaceVariables } from '@causeway/platform';
import {
  type Environment,
  oneOf,
  optional,
  path,
  postgresUrl,
  publicUrl,
  readSettings,
  secret,
  serviceVariables,
  type SettingProblem,
  type Settings,
  stateStoreProblems,
  stateStoreVariables,
  telemetryProblems,
  telemetryVariables,
  text,
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
  platform: oneOf('PLATFORM', ['postgres', 'databricks'], {
    description: 'Where the trail is kept.',
    default: 'postgres',
  }),
  databaseUrl: optional(
    postgresUrl('AUDIT_DATABASE_URL', {
      description: 'With PLATFORM=postgres: the warehouse, as causeway_audit_worker.',
    }),
  ),
  ...workspaceVariables('the worker’s service principal needs CAN USE on it'),
  databricksClientId: optional(
    text('DATABRICKS_CLIENT_ID', { description: 'The application id of the worker’s own service principal.' }),
  ),
  databricksClientSecret: optional(secret('DATABRICKS_CLIENT_SECRET', { description: 'Its OAuth secret.' })),
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

export type WarehouseSettings = Pick<
  Settings<typeof WORKER_VARIABLES>,
  | 'platform'
  | 'databaseUrl'
  | 'databricksHost'
  | 'databricksNetwork'
  | 'databricksWarehouseId'
  | 'databricksCatalog'
  | 'databricksClientId'
  | 'databricksClientSecret'
>;

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

/** Those of the other platform are nobody's business. */
function warehouseProblems(settings: Partial<WarehouseSettings>): SettingProblem[] {
  if (settings.platform === 'databricks') return machineWorkspaceProblems(settings);
  // A variable that was wrong is missing here too, and has been reported by its own name.
  const isMissing = 'databaseUrl' in settings && settings.databaseUrl === undefined;
  return isMissing ? [{ variable: 'AUDIT_DATABASE_URL', problem: 'is not set' }] : [];
}

export function readWorkerSettings(environment: Environment) {
  return readSettings(WORKER_VARIABLES, environment, (settings) => [
    ...stateStoreProblems(settings, [settings.databaseUrl]),
    ...telemetryProblems(settings),
    ...producerKeyProblems(settings),
    ...warehouseProblems(settings),
  ]);
}
