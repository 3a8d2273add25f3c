import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '@causeway/core';
import { createHealth, createMetrics } from '@causeway/runtime';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { adoptJournal } from './adopt-journal.ts';
import { type AuditOptions, openAudit } from './open-audit.ts';
import { proofOf, type Receipt, signReceipt } from './queue/batch.ts';
import { BullBatchQueue } from './queue/bull-batch-queue.ts';
import { consumeBatches, type QueuedBatch } from './queue/consume-batches.ts';
import { readBatch } from './queue/read-batch.ts';
import { startTestRedis, type TestRedis } from './testing/redis-server.ts';
import { refused, toolCall } from './testing/sample-events.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const KEY = new Secret('a key that producers and workers of the tests share');

let redis: TestRedis;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());

const optionsFor = (journalDir: string, changes: Partial<AuditOptions> = {}): AuditOptions => ({
  service: 'mcp',
  journalDir,
  journalBytesMax: 2 ** 26,
  producerKey: KEY,
  location: { redisUrl: new Secret(redis.urlOf('mcp')) },
  isProduction: true,
  metrics: createMetrics(),
  report: () => undefined,
  ...changes,
});

function startWorker(requests: string[]) {
  const process = ({ id, batch }: QueuedBatch): Promise<Receipt> => {
    const read = readBatch([{ key: KEY }], id, batch);
    if (!read.ok) throw new Error(read.reason);
    requests.push(...read.records.map(({ request_id: request }) => request));
    return Promise.resolve(signReceipt(read.key, proofOf(read.batch)));
  };
  const location = { redisUrl: new Secret(redis.urlOf('mcp')) };
  const worker = consumeBatches({ location, concurrency: 2, process, report: () => undefined });
  onTestFinished(() => worker.close());
}

const batchesIn = (dir: string) => readdirSync(join(dir, 'mcp-1')).filter((name) => /\.(batch|open)$/.test(name));
const NOWHERE = { redisUrl: new Secret('redis://127.0.0.1:1') };

test('what was recorded before the end is shipped before the end, sums of refusals too', async () => {
  const dir = temporaryFolder();
  const requests: string[] = [];
  startWorker(requests);
  const audit = openAudit(optionsFor(dir));
  await audit.sink.record(toolCall({ requestId: 'a' }));
  for (let at = 0; at < 25; at++) await audit.refusals.record('192.0.2.1', refused('expired', { requestId: 'x' }));
  await audit.close(60_000);
  expect(requests.filter((request) => request === 'x')).toHaveLength(20);
  expect(requests).toContain('a');
  expect(requests).toContain('');
  expect(batchesIn(dir)).toEqual([]);
});

test('without a queue the end comes at once, the journal keeps everything, and the next process ships it', async () => {
  const dir = temporaryFolder();
  const first = openAudit(optionsFor(dir, { location: NOWHERE }));
  await first.sink.record(toolCall({ requestId: 'left behind' }));
  await first.close(10_000);
  expect(batchesIn(dir)).toHaveLength(1);
  const requests: string[] = [];
  startWorker(requests);
  const second = openAudit(optionsFor(dir));
  await second.close(60_000);
  expect(requests).toEqual(['left behind']);
});

test('a journal without a process is adopted; one with a process is not', async () => {
  const dir = temporaryFolder();
  const queue = new BullBatchQueue({ redisUrl: new Secret(redis.urlOf('mcp')) }, () => undefined);
  onTestFinished(() => queue.close());
  const adopt = (folder: string) =>
    adoptJournal({
      dir: folder,
      queue,
      producerKey: KEY,
      report: () => undefined,
      signal: AbortSignal.timeout(60_000),
    });
  const gone = openAudit(optionsFor(dir, { location: NOWHERE }));
  await gone.sink.record(toolCall({ requestId: 'orphan' }));
  expect(await adopt(join(dir, 'mcp-1'))).toBeUndefined();
  await gone.close();
  const requests: string[] = [];
  startWorker(requests);
  expect(await adopt(join(dir, 'mcp-1'))).toEqual({ found: 1, left: 0 });
  expect(requests).toEqual(['orphan']);
  await expect(adopt(dir)).rejects.toMatchObject({ code: 'not_found' });
});

test('health: ready while the queue is away, and it says so', async () => {
  const audit = openAudit(optionsFor(temporaryFolder(), { location: NOWHERE }));
  onTestFinished(() => audit.close());
  const health = createHealth(audit.checks);
  health.markStarted();
  expect(await health.readiness()).toEqual({ ready: true });
  const { status, dependencies } = await health.report();
  expect(status).toBe('degraded');
  expect(dependencies).toMatchObject({ audit_journal: { status: 'ok' }, audit_queue: { status: 'down' } });
});

test.each([
  [true, false],
  [false, true],
])('health: with a Redis that may forget, in production (%s) ready is %s', async (isProduction, ready) => {
  const careless = await startTestRedis(['--appendonly', 'no']);
  const location = { redisUrl: new Secret(careless.url) };
  const audit = openAudit(optionsFor(temporaryFolder(), { location, isProduction }));
  onTestFinished(async () => {
    await audit.close();
    await careless.stop();
  });
  const health = createHealth(audit.checks);
  health.markStarted();
  expect((await health.readiness()).ready).toBe(ready);
  expect((await health.report()).dependencies['audit_queue_setup']?.cause).toContain('appendonly is off');
});

test('metrics tell what waits', async () => {
  const metrics = createMetrics();
  const audit = openAudit(optionsFor(temporaryFolder(), { location: NOWHERE, metrics }));
  onTestFinished(() => audit.close());
  await audit.sink.record(toolCall());
  const text = await metrics.registry.metrics();
  expect(text).toMatch(/^causeway_audit_accepted_events 1$/m);
  expect(text).toMatch(/^causeway_audit_journal_bytes [1-9]\d+$/m);
  expect(text).toMatch(/^causeway_audit_journal_failing 0$/m);
});
