import type { Secret } from '@causeway/core';
import { createPostgresBackend, DEFAULT_SCHEMA, type PgPool, runMigrations } from 'bullmq';
import { openPool } from '@causeway/runtime';
import type { Report } from '../report-sparingly.ts';
import type { QueueBackend } from './queue-backend.ts';

const CONNECT_MS = 3000;
const QUERY_MS = 5000;

export function postgresBackend(url: Secret, report: Report): QueueBackend {
  const pool = openPool({
    url,
    name: 'audit-queue',
    max: 6,
    connectMs: CONNECT_MS,
    queryMs: QUERY_MS,
    // BullMQ names its tables without a schema.
    options: `-c search_path=${DEFAULT_SCHEMA}`,
    report,
  });
  return {
    factory: (name, options, use) =>
      createPostgresBackend(name, { ...options, connection: pool as unknown as PgPool }, use),
    prepare: async () => {
      const client = await pool.connect();
      try {
        await runMigrations(client);
        client.release();
      } catch (error) {
        client.release(true);
        throw error;
      }
    },
    ping: async () => {
      await pool.query('SELECT 1');
    },
    checkSetup: () => Promise.resolve({ status: 'ok' }),
    close: () => (pool.ending ? Promise.resolve() : pool.end()),
  };
}
