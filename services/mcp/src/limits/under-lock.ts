import type pg from 'pg';

/** The others may all be before us: this waits for each of them, and not for one command. */
const LOCK = { text: `SELECT pg_advisory_lock(hashtext('causeway_mcp_tables'))`, query_timeout: 30_000 };

/** Replicas that start at the same moment make their tables one after the other: `IF NOT EXISTS` fails for all but one of them. */
export async function underLock<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(LOCK);
    return await work(client);
  } finally {
    // The lock goes with the connection, also when something failed.
    client.release(true);
  }
}
