import { randomUUID } from 'node:crypto';
import {
  type Appended,
  batchId,
  type DeadLetter,
  isReceiptFor,
  packRecords,
  proofOf,
  signBatch,
  type SignedBatch,
  UnacceptableBatch,
  UnfaithfulAnswer,
} from '@causeway/audit';
import { Secret } from '@causeway/core';
import { createMetrics, type Logger } from '@causeway/runtime';
import { describe, expect, test } from 'vitest';
import { createProcessBatch } from './process-batch.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

const KEY = new Secret('current');
const BEFORE = new Secret('before');
const LOGGER: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  fatal: () => {},
  child: () => LOGGER,
};

function recordText(producer: string, seq: number): string {
  return JSON.stringify({
    event_id: `019a9f00-0000-7000-8000-${String(seq).padStart(12, '0')}`,
    occurred_at: '2026-11-20T12:00:00.000Z',
    kind: 'tool_call',
    request_id: 'r',
    trace_id: null,
    service: 'mcp',
    pattern: null,
    idp: null,
    human_subject: null,
    human_email: null,
    principal_id: null,
    role: null,
    agent: null,
    client_id: null,
    tool: null,
    arguments: null,
    statement: null,
    status: 'success',
    error_code: null,
    reason: null,
    rows_returned: null,
    masked_columns: null,
    latency_ms: null,
    policy_digest: null,
    producer,
    producer_seq: seq,
  });
}

const packed = (texts: readonly string[]) => packRecords(Buffer.from(texts.join('\n')));

function batchOf(key: Secret): SignedBatch {
  const producer = randomUUID();
  const records = [recordText(producer, 1), recordText(producer, 2)];
  return signBatch(key, { producer, first: 1, last: records.length, records: packed(records), traces: [] });
}

interface Hands {
  readonly anchor?: () => Promise<void>;
  readonly append?: () => Promise<void>;
}

const nothing = () => Promise.resolve();

function worker({ anchor = nothing, append = nothing }: Hands = {}) {
  const steps: string[] = [];
  const dead: DeadLetter[] = [];
  const logged: unknown[] = [];
  const metrics = createMetrics();
  const process = createProcessBatch({
    chain: 'main',
    keys: [{ key: KEY }, { key: BEFORE }],
    table: {
      append: async (chain, records, letters): Promise<Appended> => {
        steps.push(`append ${records.length}`);
        await append();
        dead.push(...letters);
        const run = { chain, from: 1, prevHash: Buffer.alloc(32), chainSeq: records.length, hash: Buffer.alloc(32) };
        return { stored: records.length, appended: [run], found: [] };
      },
    },
    heads: {
      anchor: async () => {
        steps.push('anchor');
        await anchor();
      },
    },
    trail: { unfaithful: (id) => steps.push(`unfaithful ${id}`) },
    metrics: createWorkerMetrics({
      registry: metrics.registry,
      depth: () => Promise.reject(new Error('away')),
      now: () => Date.parse('2026-11-20T12:00:10.000Z'),
    }),
    logger: { ...LOGGER, error: (...said) => void logged.push(said) },
  });
  const run = (batch: unknown, id: string) => process({ id, batch, attempt: 1, queuedAt: Date.now() });
  return { run, steps, dead, logged, text: () => metrics.registry.metrics() };
}

describe('a batch', () => {
  test.each([KEY, BEFORE])(
    'gets its receipt after it is stored and its head is anchored, by the key that signed it',
    async (key) => {
      const { run, steps } = worker();
      const batch = batchOf(key);
      const receipt = await run(batch, batchId(batch));
      expect(steps).toEqual(['append 2', 'anchor']);
      expect(isReceiptFor(key, proofOf(batch), receipt)).toBe(true);
    },
  );

  test('gets none when the head cannot be anchored', async () => {
    const { run } = worker({ anchor: () => Promise.reject(new Error('no disk')) });
    const batch = batchOf(KEY);
    await expect(run(batch, batchId(batch))).rejects.toThrow('no disk');
  });

  test('gets none when the database did something else with it, and that is said loudly', async () => {
    const { run, steps } = worker({ append: () => Promise.reject(new UnfaithfulAnswer('main', 7)) });
    const batch = batchOf(KEY);
    await expect(run(batch, batchId(batch))).rejects.toThrow('another hash for row 7');
    expect(steps).toEqual(['append 2', `unfaithful ${batchId(batch)}`]);
  });

  test('with an event that is none: the others are stored, and it is a dead letter', async () => {
    const { run, dead, text } = worker();
    const producer = randomUUID();
    const records = packed([recordText(producer, 1), '{"producer_seq":2}', recordText(producer, 3)]);
    const batch = signBatch(KEY, { producer, first: 1, last: 3, records, traces: [] });
    await run(batch, batchId(batch));
    expect(dead).toMatchObject([{ producer, producerSeq: 2, content: '{"producer_seq":2}' }]);
    expect(await text()).toContain('audit_dead_letters_total 1');
    expect(await text()).toContain('audit_events_stored_total 2');
  });
});

describe('what is not a producer’s batch is failed for good, and kept as evidence', () => {
  test.each([
    ['nonsense', () => 'nonsense', 'not a batch'],
    ['a batch with another’s signature', () => batchOf(new Secret('forger')), 'not signed by a producer'],
    ['a batch that was changed', () => ({ ...batchOf(KEY), last: 3 }), 'not signed by a producer'],
    ['a whole batch under another id', () => batchOf(KEY), 'not the batch of this id'],
  ])('%s', async (_, make, reason) => {
    const { run, dead, steps, logged, text } = worker();
    await expect(run(make(), 'some.1.2')).rejects.toThrow(UnacceptableBatch);
    expect(dead).toMatchObject([{ batch: 'some.1.2', reason }]);
    expect(dead[0]).not.toHaveProperty('producer');
    expect(steps).toEqual(['append 0']);
    // Whoever can write to the queue writes nothing into the log.
    expect(logged).toEqual([['a batch in the queue is not a producer’s', { batch: '', reason }]]);
    expect(await text()).toContain('audit_batches_refused_total 1');
  });
});

test('every metric is there from the start, and an unreachable queue is no number', async () => {
  const text = await worker().text();
  for (const name of [
    'audit_events_stored_total 0',
    'audit_dead_letters_total 0',
    'audit_lag_seconds_count 0',
    'audit_oldest_unconfirmed_event_seconds 0',
  ]) {
    expect(text).toContain(name);
  }
  expect(text).not.toContain('audit_queue_batches{');
});

test('a batch that fails shows its age until it is stored', async () => {
  let isDown = true;
  const { run, text } = worker({ anchor: () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve()) });
  const batch = batchOf(KEY);
  await run(batch, batchId(batch)).catch(() => undefined);
  expect(await text()).toContain('audit_oldest_unconfirmed_event_seconds 10\n');
  isDown = false;
  await run(batch, batchId(batch));
  expect(await text()).toContain('audit_oldest_unconfirmed_event_seconds 0\n');
});
