import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Secret } from '@causeway/core';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { DEFAULT_SCHEMA, MIGRATION_ADVISORY_LOCK_KEY, withBackend } from 'bullmq';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startTestRedis, type TestRedis } from '../testing/redis-server.ts';
import { toolCall } from '../testing/sample-events.ts';
import { type TestProducer, testProducer } from '../testing/test-producer.ts';
import { batchId, proofOf, type Receipt, signBatch, type SignedBatch, signReceipt } from './batch.ts';
import type { BatchQueue } from './batch-queue.ts';
import { BullBatchQueue } from './bull-batch-queue.ts';
import { type BatchConsumer, consumeBatches, UnacceptableBatch } from './consume-batches.ts';
import { createQueueBackend } from './create-queue-backend.ts';
import { QUEUE_NAME, type QueueLocation } from './queue-backend.ts';
import { readBatch } from './read-batch.ts';
import { Shipper } from './shipper.ts';

const KEY = new Secret('a key that producers and workers of the tests share');

/** What ends a wait that would never end, also on a busy machine. */
const WAIT = { timeout: 60_000, interval: 50 };

const STUCK_WORKER = fileURLToPath(new URL('../testing/stuck-worker.ts', import.meta.url));

let redis: TestRedis;
let postgres: TestPostgres;
beforeAll(async () => {
  [redis, postgres] = await Promise.all([startTestRedis(), startTestPostgres()]);
  // The first one to connect makes the schema.
  const first = new BullBatchQueue(backends['Postgres']!.location(), () => undefined);
  await first.stateOf('none');
  await first.close();
});
afterAll(() => Promise.all([redis.stop(), postgres.stop()]));

interface Backend {
  readonly url: () => string;
  readonly location: () => QueueLocation;
  readonly wipe: () => Promise<unknown>;
  readonly kill: () => Promise<void>;
  readonly restart: () => Promise<void>;
}

const backends: Record<string, Backend> = {
  Redis: {
    url: () => redis.urlOf('audit-worker'),
    location: () => ({ redisUrl: new Secret(redis.urlOf('audit-worker')) }),
    wipe: () => redis.admin.flushall(),
    kill: () => redis.kill(),
    restart: () => redis.restart(),
  },
  Postgres: {
    url: () => postgres.url,
    location: () => ({ stateDatabaseUrl: new Secret(postgres.url) }),
    wipe: () => postgres.query('TRUNCATE bullmq.job, bullmq.event CASCADE'),
    kill: () => postgres.kill(),
    restart: () => postgres.restart(),
  },
};

const WAITING =
  "SELECT pid FROM pg_stat_activity WHERE application_name = 'cw:audit-queue' AND wait_event = 'advisory'";

async function lockMigrations(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query('SELECT pg_advisory_lock($1, hashtext($2))', [MIGRATION_ADVISORY_LOCK_KEY, DEFAULT_SCHEMA]);
  return client;
}

/** A warehouse in memory: what counts is which events got here, and how often. */
class Warehouse {
  readonly seqs: number[] = [];
  readonly failed: string[] = [];
  isDown = false;

  readonly process = async ({ id, batch }: { readonly id: string; readonly batch: unknown }): Promise<Receipt> => {
    if (this.isDown) throw new Error('the warehouse is down');
    const read = readBatch([{ key: KEY }], id, batch);
    if (!read.ok) {
      this.failed.push(read.reason);
      throw new UnacceptableBatch(read.reason);
    }
    for (const { producer_seq: seq } of read.records) if (!this.seqs.includes(seq)) this.seqs.push(seq);
    return signReceipt(read.key, proofOf(read.batch));
  };
}

interface ShipOptions {
  readonly queue?: BatchQueue;
  readonly askAfterMs?: number;
  readonly replaceAfterMs?: number;
}

function ship(producer: TestProducer, location: QueueLocation, options: ShipOptions = {}): Shipper {
  const { queue, askAfterMs = 500, replaceAfterMs = 60_000 } = options;
  const own = queue ?? new BullBatchQueue(location, () => undefined);
  const place = { journal: producer.journal, producer: producer.producer, key: KEY, report: () => undefined };
  const shipper = new Shipper({ ...place, queue: own, askAfterMs, replaceAfterMs });
  shipper.start();
  onTestFinished(async () => {
    await shipper.stop();
    await own.close();
  });
  return shipper;
}

function work(process: Warehouse['process'], location: QueueLocation): BatchConsumer {
  const consumer = consumeBatches({ location, concurrency: 4, process, report: () => undefined, lockMs: 1000 });
  onTestFinished(() => consumer.close());
  return consumer;
}

const record = (producer: TestProducer, count: number) =>
  Promise.all(Array.from({ length: count }, () => producer.sink.record(toolCall())));

const seqsTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);
const stored = (warehouse: Warehouse) => warehouse.seqs.toSorted((a, b) => a - b);

async function emptied(producer: TestProducer): Promise<void> {
  await expect.poll(() => producer.journal.openEvents + producer.journal.batches().length, WAIT).toBe(0);
}

describe.each(Object.entries(backends))('on %s', (_, backend) => {
  beforeEach(() => backend.wipe());

  test('what is recorded is stored, and the journal forgets it', async () => {
    const producer = testProducer();
    const warehouse = new Warehouse();
    work(warehouse.process, backend.location());
    // The receipts come by themselves.
    ship(producer, backend.location(), { askAfterMs: 600_000 });
    await record(producer, 700);
    await emptied(producer);
    expect(stored(warehouse)).toEqual(seqsTo(700));
  });

  test('a queue that loses everything loses no event', async () => {
    const producer = testProducer();
    ship(producer, backend.location());
    await record(producer, 20);
    const probe = new BullBatchQueue(backend.location(), () => undefined);
    onTestFinished(() => probe.close());
    const id = `${producer.producer}.1.20`;
    await expect.poll(() => probe.stateOf(id).then(({ at }) => at), WAIT).toBe('under_way');
    await backend.wipe();
    const warehouse = new Warehouse();
    work(warehouse.process, backend.location());
    await emptied(producer);
    expect(stored(warehouse)).toEqual(seqsTo(20));
  });

  test('a warehouse that is down for a while fails no batch', async () => {
    const producer = testProducer();
    const warehouse = new Warehouse();
    warehouse.isDown = true;
    const worker = work(warehouse.process, backend.location());
    ship(producer, backend.location());
    await record(producer, 5);
    await expect.poll(() => worker.depth().then(({ delayed }) => delayed), WAIT).toBeGreaterThan(0);
    warehouse.isDown = false;
    await emptied(producer);
    expect(stored(warehouse)).toEqual(seqsTo(5));
  });

  test('a worker that dies in the middle of a batch leaves it to the next', async () => {
    const producer = testProducer();
    const worker = spawn(process.execPath, [STUCK_WORKER, backend.url(), '1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    ship(producer, backend.location());
    await record(producer, 5);
    await once(worker.stdout, 'data');
    worker.kill('SIGKILL');
    const warehouse = new Warehouse();
    work(warehouse.process, backend.location());
    await emptied(producer);
    expect(stored(warehouse)).toEqual(seqsTo(5));
  });

  test('a server that is killed and comes back loses no event', async () => {
    const producer = testProducer();
    const warehouse = new Warehouse();
    work(warehouse.process, backend.location());
    ship(producer, backend.location());
    await record(producer, 5);
    await backend.kill();
    await record(producer, 5);
    await delay(300);
    await record(producer, 5);
    await backend.restart();
    await emptied(producer);
    expect(stored(warehouse)).toEqual(seqsTo(15));
  });

  test('producer and worker may start before their server', async () => {
    await backend.kill();
    const producer = testProducer();
    const warehouse = new Warehouse();
    work(warehouse.process, backend.location());
    const shipper = ship(producer, backend.location());
    await record(producer, 5);
    await expect.poll(() => shipper.failures, WAIT).toBeGreaterThan(0);
    await backend.restart();
    await emptied(producer);
    expect(stored(warehouse)).toEqual(seqsTo(5));
  });

  test('a batch that failed for good is sent again', async () => {
    const producer = testProducer();
    let failures = 0;
    const broken = work(() => {
      failures += 1;
      throw new UnacceptableBatch('a mistake of this worker');
    }, backend.location());
    ship(producer, backend.location());
    await record(producer, 5);
    await expect.poll(() => failures, WAIT).toBeGreaterThan(1);
    await broken.close();
    const warehouse = new Warehouse();
    work(warehouse.process, backend.location());
    await emptied(producer);
    expect(stored(warehouse)).toEqual(seqsTo(5));
  });

  test('the journal keeps a batch that somebody else than the worker declares stored', async () => {
    const producer = testProducer();
    let lies = 0;
    const liar = work(({ batch }) => {
      lies += 1;
      return Promise.resolve(signReceipt(new Secret('another key'), proofOf(batch as SignedBatch)));
    }, backend.location());
    ship(producer, backend.location());
    await record(producer, 5);
    // It is sent again and again, in place of the one that is called done.
    await expect.poll(() => lies, WAIT).toBeGreaterThan(2);
    expect(producer.journal.batches()).toHaveLength(1);
    await liar.close();
    const warehouse = new Warehouse();
    work(warehouse.process, backend.location());
    await emptied(producer);
    expect(stored(warehouse)).toEqual(seqsTo(5));
  });

  test('a batch that nobody signed is not stored, and does not keep out the real one', async () => {
    const producer = testProducer();
    const intruder = new BullBatchQueue(backend.location(), () => undefined);
    onTestFinished(() => intruder.close());
    const place = { producer: producer.producer, first: 1, last: 5 };
    await intruder.add(signBatch(new Secret('a guess'), { ...place, records: '{}', traces: [] }));
    const warehouse = new Warehouse();
    work(warehouse.process, backend.location());
    await expect.poll(() => warehouse.failed, WAIT).toEqual(['not signed by a producer']);
    expect(warehouse.seqs).toEqual([]);
    ship(producer, backend.location());
    await record(producer, 5);
    await emptied(producer);
    expect(stored(warehouse)).toEqual(seqsTo(5));
  });

  test('a batch that nobody signed and that is never due does not keep out the real one', async () => {
    const producer = testProducer();
    const place = createQueueBackend(backend.location(), () => undefined);
    await place.prepare();
    const queue = new (withBackend(place.factory).Queue)(QUEUE_NAME, { connection: {} });
    await queue.add('batch', {}, { jobId: `${producer.producer}.1.5`, delay: 1_000_000_000 });
    await queue.close();
    await place.close();
    const warehouse = new Warehouse();
    work(warehouse.process, backend.location());
    ship(producer, backend.location(), { askAfterMs: 100, replaceAfterMs: 300 });
    await record(producer, 5);
    await emptied(producer);
    expect(stored(warehouse)).toEqual(seqsTo(5));
  });

  test('a receipt that the producer did not hear of is found by asking', async () => {
    const producer = testProducer();
    const warehouse = new Warehouse();
    work(warehouse.process, backend.location());
    const queue = new BullBatchQueue(backend.location(), () => undefined);
    onTestFinished(() => queue.close());
    const deaf: BatchQueue = {
      add: (batch) => queue.add(batch),
      replace: () => Promise.reject(new Error('it is not lost')),
      stateOf: (id) => queue.stateOf(id),
      onDone: () => undefined,
      ping: () => queue.ping(),
      checkSetup: () => queue.checkSetup(),
      close: () => queue.close(),
    };
    ship(producer, backend.location(), { queue: deaf });
    await record(producer, 5);
    await emptied(producer);
    expect(stored(warehouse)).toEqual(seqsTo(5));
  });

  test('what is handed over twice is one job', async () => {
    const queue = new BullBatchQueue(backend.location(), () => undefined);
    onTestFinished(() => queue.close());
    const batch = signBatch(KEY, { producer: randomUUID(), first: 1, last: 1, records: '{}', traces: [] });
    await queue.add(batch);
    await queue.add(batch);
    const ids: string[] = [];
    work(({ id }) => {
      ids.push(id);
      return Promise.resolve(signReceipt(KEY, proofOf(batch)));
    }, backend.location());
    await expect.poll(() => queue.stateOf(batchId(batch)).then(({ at }) => at), WAIT).toBe('done');
    await queue.add(batch);
    await delay(100);
    expect(ids).toEqual([batchId(batch)]);
  });

  test('the setup of the test server is the one to have', async () => {
    const queue = new BullBatchQueue(backend.location(), () => undefined);
    onTestFinished(() => queue.close());
    await expect(queue.ping()).resolves.toBeUndefined();
    await expect(queue.checkSetup()).resolves.toEqual({ status: 'ok' });
  });
});

test('a Redis that may evict or forget says so', async () => {
  const careless = await startTestRedis(['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru']);
  onTestFinished(() => careless.stop());
  const queue = new BullBatchQueue({ redisUrl: new Secret(careless.url) }, () => undefined);
  onTestFinished(() => queue.close());
  expect(await queue.checkSetup()).toEqual({
    status: 'down',
    cause: 'Redis: maxmemory-policy is not noeviction, appendonly is off',
  });
});

test('a worker whose login lacks a right says so, asks seldom, and goes on when it has it', async () => {
  const as = (user: string) => new Secret(redis.url.replace('//', `//${user}:x@`));
  await redis.admin.call('ACL', 'SETUSER', 'elsewhere', 'on', '>x', '~other:*', '+@all');
  onTestFinished(async () => void (await redis.admin.call('ACL', 'DELUSER', 'elsewhere')));
  const said: unknown[] = [];
  const report = (error: unknown) => said.push(error);
  const warehouse = new Warehouse();
  const since = performance.now();
  const worker = consumeBatches({
    location: { redisUrl: as('elsewhere') },
    concurrency: 4,
    process: warehouse.process,
    report,
  });
  onTestFinished(() => worker.close());
  await expect.poll(() => said.length, WAIT).toBeGreaterThan(4);
  // A slow machine takes longer; only one that asks again at once is as quick as that.
  expect(performance.now() - since).toBeGreaterThan(1000);
  expect(said.map(String)).toContainEqual(expect.stringContaining('NOPERM'));
  await expect(worker.ping()).rejects.toThrow('NOPERM');

  const producer = testProducer();
  ship(producer, { redisUrl: new Secret(redis.urlOf('mcp')) });
  await record(producer, 5);
  await redis.admin.call('ACL', 'SETUSER', 'elsewhere', '~bull:causeway-audit:*');
  await emptied(producer);
  await worker.ping();
  expect(stored(warehouse)).toEqual(seqsTo(5));
});

test('a worker whose login is refused says that it never reached the queue', async () => {
  const location = { redisUrl: new Secret(redis.url.replace('//', '//causeway_audit_worker:wrong@')) };
  const said: unknown[] = [];
  const report = (error: unknown) => said.push(error);
  const worker = consumeBatches({ location, concurrency: 1, process: new Warehouse().process, report });
  onTestFinished(() => worker.close());
  await expect.poll(() => said.map(String), WAIT).toContainEqual(expect.stringContaining('WRONGPASS'));
  await expect(worker.ping()).rejects.toMatchObject({ publicMessage: expect.stringMatching(/the log says why/) });
});

test('a Redis that hangs fails a call in time', async () => {
  const hanging = await startTestRedis();
  const queue = new BullBatchQueue({ redisUrl: new Secret(hanging.url) }, () => undefined);
  onTestFinished(async () => {
    await queue.close();
    await hanging.stop();
  });
  await queue.ping();
  hanging.freeze();
  await expect(queue.ping()).rejects.toThrow('timed out');
  await expect(queue.stateOf('x')).rejects.toThrow(/timed out|nothing within/);
});

test('a Postgres connection that breaks while it is lent is reported, and does not end the process', async () => {
  const report = vi.fn<(error: unknown) => void>();
  const backend = createQueueBackend({ stateDatabaseUrl: new Secret(postgres.url) }, report);
  onTestFinished(() => backend.close());
  const locked = await lockMigrations();
  // It lends a connection, and waits for the lock.
  const preparing = backend.prepare().then(
    () => 'prepared',
    () => 'failed',
  );
  await expect.poll(() => postgres.query(WAITING).then((rows) => rows.length), WAIT).toBe(1);
  await postgres.query(WAITING.replace('pid', 'pg_terminate_backend(pid)'));
  expect(await preparing).toBe('failed');
  expect(report).toHaveBeenCalled();
  await locked.end();
});
