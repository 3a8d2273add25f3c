import pg from 'pg';

import type { Passwords } from '../passwords.ts';

export const WAREHOUSE_DATABASE = 'causeway_warehouse';
export const STATE_DATABASE = 'causeway_state';
const STATE_ROLE = 'causeway_state';

/** The two databases. The state belongs to a login of its own; the warehouse's roles are made by `causeway db apply`. */
export async function prepareDatabases(adminUrl: string, passwords: Passwords): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await createRole(client, passwords.causeway_state);
    await createDatabase(client, WAREHOUSE_DATABASE, 'postgres');
    await createDatabase(client, STATE_DATABASE, STATE_ROLE);
  } finally {
    await client.end();
  }
}

async function createRole(client: pg.Client, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [STATE_ROLE]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(`${verb} ROLE ${STATE_ROLE} LOGIN NOINHERIT PASSWORD ${client.escapeLiteral(password)}`);
}

async function createDatabase(client: pg.Client, name: string, owner: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${name} OWNER ${owner}`);
  // Whoever has a login for one database has none for the other.
  await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
}
