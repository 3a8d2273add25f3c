import type { TestPostgres } from '@causeway/runtime/testing/postgres-server';
import pg from 'pg';

/** A session of the gateway that does nothing: somebody whom a hostile statement could end, however few connections a pool has open. */
export async function openBystander(server: TestPostgres): Promise<{ close(): Promise<void> }> {
  const client = new pg.Client({ connectionString: server.urlOf('postgres', 'causeway_gateway') });
  // A server that is stopped under it is no failure of a test.
  client.on('error', () => undefined);
  await client.connect();
  return { close: () => client.end() };
}
