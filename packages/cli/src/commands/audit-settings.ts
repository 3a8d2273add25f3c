import { resolve } from 'node:path';

import { AppError } from '@causeway/core';
import { readLocalEnvironment } from '@causeway/local/environment';
import { readPorts } from '@causeway/local/ports';
import { StackProblem } from '@causeway/local/stack-problem';
import {
  optional,
  path,
  postgresUrl,
  publicUrl,
  readSettings,
  secret,
  type SettingRule,
  type Settings,
  stateStoreVariables,
  type Variables,
} from '@causeway/runtime';

import type { CommandContext } from '../command.ts';

const place = { description: 'Says whether this is production.' };
const PLACE = {
  portal: optional(publicUrl('PORTAL_PUBLIC_URL', place)),
  mcp: optional(publicUrl('MCP_PUBLIC_URL', place)),
};

/** What the commands about the trail may need; each takes what it does need. */
export const AUDIT_SETTINGS = {
  readUrl: postgresUrl('AUDIT_READ_URL', { description: 'The warehouse, as causeway_audit_reader.' }),
  adminUrl: postgresUrl('ADMIN_DATABASE_URL', { description: 'The warehouse, as who administers it.' }),
  headsPath: path('AUDIT_HEADS_PATH', { description: 'The signed heads: a worker’s file, or a folder of them.' }),
  journalDir: path('JOURNAL_DIR', { description: 'Where the journals are.' }),
  signingKey: secret('AUDIT_SIGNING_KEY', { description: 'Private P-256 key in PEM.' }),
  producerKey: secret('AUDIT_PRODUCER_KEY', { description: 'The key with which producers sign batches.' }),
  ...stateStoreVariables(),
};

type Place = Pick<CommandContext, 'cwd' | 'env'>;

/** From the environment; on a developer's machine what is not set there is that of the embedded stack of this checkout. */
export function readAuditSettings<V extends Variables>(
  { cwd, env }: Place,
  variables: V,
  rule?: SettingRule<V & typeof PLACE>,
): Settings<V & typeof PLACE> {
  const { deployment } = readSettings(PLACE, env);
  const local = deployment === 'local' ? localEnvironment({ cwd, env }) : {};
  if (variables['readUrl']?.required === true) refuseWorkspace({ ...local, ...env });
  const left = Object.entries(local).filter(([name]) => !isSaidOtherwise(name, env));
  return readSettings({ ...variables, ...PLACE }, { ...Object.fromEntries(left), ...env }, rule);
}

/** Whoever needs a Postgres to read from must hear why there is none, and not only that a variable is missing. */
function refuseWorkspace(env: Place['env']): void {
  const isNamed = [env['AUDIT_READ_URL'], env['AUDIT_READ_URL_FILE']].some((one) => (one ?? '') !== '');
  if (env['PLATFORM'] !== 'databricks' || isNamed) return;
  throw new AppError(
    'config_invalid',
    'This command reads a trail that is in Postgres (AUDIT_READ_URL). With PLATFORM=databricks the trail is a Delta table of the workspace: ' +
      'read it with SQL or the dashboard (docs/databricks.md); `audit verify` and `audit retain` work on it.',
  );
}

/** `NAME` and `NAME_FILE` say the same thing, and REDIS_URL says that the state is not in a database. */
function isSaidOtherwise(name: string, env: Place['env']): boolean {
  const twin = name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : `${name}_FILE`;
  const isSet = (one: string) => (env[one] ?? '') !== '';
  return isSet(twin) || (name === 'STATE_DATABASE_URL' && (isSet('REDIS_URL') || isSet('REDIS_URL_FILE')));
}

function localEnvironment({ cwd, env }: Place): Readonly<Record<string, string>> {
  try {
    return { ...readLocalEnvironment({ dataDir: resolve(cwd, '.causeway'), ports: readPorts(env), policyFile: '' }) };
  } catch (error) {
    if (error instanceof StackProblem) return {};
    throw error;
  }
}
