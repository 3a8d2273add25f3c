import type { Secret } from '@causeway/core';
import { postgresUrl, redisUrl } from './connection-url.ts';
import type { SettingProblem } from './read-settings.ts';
import { optional, type Variable } from './variable.ts';

/** Where replicas keep what they share: Redis, or a Postgres database of its own. */
export interface StateStoreVariables {
  readonly redisUrl: Variable<Secret | undefined>;
  readonly stateDatabaseUrl: Variable<Secret | undefined>;
}

export function stateStoreVariables(): StateStoreVariables {
  const description = 'Queue, rate windows, OAuth state and revocations.';
  return {
    redisUrl: optional(redisUrl('REDIS_URL', { description })),
    stateDatabaseUrl: optional(
      postgresUrl('STATE_DATABASE_URL', { description: `${description} Never the warehouse.` }),
    ),
  };
}

export interface StateStoreSettings {
  readonly redisUrl?: Secret | undefined;
  readonly stateDatabaseUrl?: Secret | undefined;
}

/** The rule that goes with these variables: there is a store, and it is not one of the warehouse's databases. */
export function stateStoreProblems(
  settings: StateStoreSettings,
  warehouses: readonly (Secret | undefined)[],
): SettingProblem[] {
  const { redisUrl: redis, stateDatabaseUrl: state } = settings;
  // A variable that was wrong is missing here too, and has been reported by its own name.
  const isMissing = 'redisUrl' in settings && 'stateDatabaseUrl' in settings && redis === undefined;
  if (state === undefined)
    return isMissing ? [{ variable: 'REDIS_URL', problem: 'or STATE_DATABASE_URL must be set' }] : [];
  const isShared = warehouses.some((warehouse) => warehouse && databaseOf(warehouse) === databaseOf(state));
  return isShared ? [{ variable: 'STATE_DATABASE_URL', problem: 'must not be the warehouse database' }] : [];
}

/** Host, port and name: who logs in, and how, makes no other database of it. */
function databaseOf(connection: Secret): string {
  const { hostname, port, pathname } = new URL(connection.reveal());
  return JSON.stringify([hostname.toLowerCase(), port === '' ? '5432' : port, decodeURIComponent(pathname)]);
}
