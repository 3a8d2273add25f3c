import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { auditFoundation } from '@causeway/audit';
import { endProcess, freePort, newSigningKey, startTestPostgres, startTestRedis } from '@causeway/audit/testing';
import type { Prepared } from '../src/bench-case.ts';

const WORKER = fileURLToPath(new URL('../../../services/audit-worker/src/main.ts', import.meta.url));

/** Two whole ways for a batch, each with its own warehouse and worker: the queue on Redis, and on Postgres. */
export async function prepareAuditWorld(): Promise<Prepared> {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-bench-audit-'));
  const [redis, state] = [await startTestRedis(), await startTestPostgres()];
  const warehouses = [await startTestPostgres(), await startTestPostgres()];
  const producerKey = randomBytes(32).toString('base64url');
  writeFileSync(join(dir, 'key.pem'), newSigningKey(), { mode: 0o600 });
  const queues: readonly Readonly<Record<string, string>>[] = [
    { REDIS_URL: redis.url },
    { STATE_DATABASE_URL: state.url },
  ];
  const workers: ChildProcess[] = [];
  for (const [n, warehouse] of warehouses.entries()) {
    for (const statement of auditFoundation().statements) await warehouse.query(statement);
    const env = {
      ...queues[n],
      AUDIT_DATABASE_URL: warehouse.url.replace('postgres:test@', 'causeway_audit_worker:test@'),
      AUDIT_SIGNING_KEY_FILE: join(dir, 'key.pem'),
      AUDIT_HEADS_PATH: join(dir, `heads-${n}.jsonl`),
      AUDIT_PRODUCER_KEY: producerKey,
      AUDIT_WORKER_LISTEN: `127.0.0.1:${await freePort()}`,
      LOG_LEVEL: 'fatal',
    };
    workers.push(spawn(process.execPath, [WORKER], { env, stdio: 'ignore' }));
  }
  return {
    settings: {
      producerKey,
      redisUrl: redis.url,
      stateUrl: state.url,
      tableUrl: (warehouses[0]?.url ?? '').replace('postgres:test@', 'causeway_audit_worker:test@'),
      workerPids: workers.map(({ pid }) => String(pid)).join(','),
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => endProcess(worker, 'SIGKILL')));
      await Promise.all([redis, state, ...warehouses].map((server) => server.stop()));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
