import type { Secret } from '@causeway/core';
import pg from 'pg';

export interface PoolSettings {
  readonly url: Secret;
  /** How the server's own log and `pg_stat_activity` name these connections. */
  readonly name: string;
  readonly max: number;
  readonly connectMs: number;
  readonly queryMs: number;
  /** Settings of the session, as `-c name=value`. */
  readonly options?: string;
  readonly report: (error: unknown) => void;
}

/** A pool for a service's own tables, where nothing waits for ever. Queries as a caller are the platform's. */
export function openPool({ url, name, max, connectMs, queryMs, options, report }: PoolSettings): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url.reveal(),
    application_name: `cw:${name}`,
    max,
    connectionTimeoutMillis: connectMs,
    query_timeout: queryMs,
    ...(options !== undefined && { options }),
    keepAlive: true,
  });
  pool.on('error', report);
  // The pool listens to idle connections only. One that breaks while it is lent would end the process.
  pool.on('connect', (client) => client.on('error', report));
  return pool;
}
