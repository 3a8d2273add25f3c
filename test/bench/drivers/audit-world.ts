import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { auditFoundation } from '@causeway/audit';
import { newSigningKey, startTestRedis, type TestRedis } from '@causeway/audit/testing';
import { freePort } from '@causeway/runtime/testing/free-ports';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { endProcess } from '@causeway/runtime/testing/server-process';
import type { Prepared } from '../src/bench-case.ts';

const WORKER = fileURLToPath(new URL('../../../services/audit-worker/src/main.ts', import.meta.url));

/** One whole way for a batch: a queue, the real worker, a warehouse of its own. */
export interface AuditWay {
  readonly queue: TestRedis | TestPostgres;
  readonly warehouse: TestPostgres;
  readonly workerPid: number | undefined;
  readonly stop: () => Promise<void>;
}

export async function startAuditWay(kind: 'redis' | 'postgres', producerKey: string): Promise<AuditWay> {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-bench-audit-'));
  const queue = await (kind === 'redis' ? startTestRedis() : startTestPostgres());
  const warehouse = await startTestPostgres();
  for (const statement of auditFoundation().statements) await warehouse.query(statement);
  writeFileSync(join(dir, 'key.pem'), newSigningKey(), { mode: 0o600 });
  const env = {
    [kind === 'redis' ? 'REDIS_URL' : 'STATE_DATABASE_URL']: queue.url,
    AUDIT_DATABASE_URL: workerUrl(warehouse),
    AUDIT_SIGNING_KEY_FILE: join(dir, 'key.pem'),
    AUDIT_HEADS_PATH: join(dir, 'heads.jsonl'),
    AUDIT_PRODUCER_KEY: producerKey,
    AUDIT_WORKER_LISTEN: `127.0.0.1:${await freePort()}`,
    LOG_LEVEL: 'fatal',
  };
  const worker = spawn(process.execPath, [WORKER], { env, stdio: 'ignore' });
  return {
    queue,
    warehouse,
    workerPid: worker.pid,
    stop: async () => {
      await endProcess(worker, 'SIGKILL');
      await Promise.all([queue.stop(), warehouse.stop()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Two ways, the queue on Redis and on Postgres. */
export async function prepareAuditWorld(): Promise<Prepared> {
  const producerKey = newProducerKey();
  const redis = await startAuditWay('redis', producerKey);
  const postgres = await startAuditWay('postgres', producerKey);
  return {
    settings: {
      producerKey,
      redisUrl: redis.queue.url,
      stateUrl: postgres.queue.url,
      tableUrl: workerUrl(redis.warehouse),
      workerPids: [redis, postgres].map(({ workerPid }) => String(workerPid)).join(','),
    },
    stop: async () => {
      await Promise.all([redis.stop(), postgres.stop()]);
    },
  };
}

export const newProducerKey = (): string => randomBytes(32).toString('base64url');

const workerUrl = (server: TestPostgres) => server.urlOf('postgres', 'causeway_audit_worker');
