import { GATEWAY_ROLE } from '@causeway/policy';
import { escapeIdentifier } from 'pg';
import type pg from 'pg';
import type { Action } from './action.ts';

/** Where not everybody may connect to the database, the gateway's login must be let in. */
export async function connectAction(client: pg.ClientBase): Promise<readonly Action[]> {
  const { rows } = await client.query<{ name: string; open: boolean }>(CONNECT, [GATEWAY_ROLE]);
  const [database] = rows;
  if (database === undefined || database.open) return [];
  const statement = `GRANT CONNECT ON DATABASE ${escapeIdentifier(database.name)} TO ${GATEWAY_ROLE}`;
  return [{ verb: 'grant', what: `CONNECT on database ${database.name} to ${GATEWAY_ROLE}`, statements: [statement] }];
}

const CONNECT = `SELECT current_database() AS name, has_database_privilege('public', current_database(), 'CONNECT')
  OR coalesce((SELECT has_database_privilege(oid, current_database(), 'CONNECT') FROM pg_roles WHERE rolname = $1), false) AS open`;
