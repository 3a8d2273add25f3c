import type pg from 'pg';

/** Replicas that start at the same moment make their tables one after the other: `IF NOT EXISTS` fails for all but one of them. */
export async function underLock<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(`SELECT pg_advisory_lock(hashtext('causeway_mcp_tables'))`);
    return await work(client);
  } finally {
    // The lock goes with the connection, also when something failed.
    client.release(true);
  }
}
