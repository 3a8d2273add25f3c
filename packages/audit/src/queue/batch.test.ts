import { Secret } from '@causeway/core';
import { context, trace, TraceFlags } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { toolCall } from '../testing/sample-events.ts';
import { testProducer } from '../testing/test-producer.ts';
import {
  batchId,
  isReceiptFor,
  isSignedBy,
  proofOf,
  type SignedBatch,
  signBatch,
  signReceipt,
  TRACES_MAX,
} from './batch.ts';
import { packBatch } from './pack-batch.ts';
import { readProducerKeys } from './producer-keys.ts';
import { readBatch, tracesOf } from './read-batch.ts';
import { packRecords, unpackRecords } from './records-text.ts';

const KEY = new Secret('the key of the producers');
const PRODUCER = '6f0c2f3e-0000-4000-8000-0000000000aa';
const OTHER_KEY = new Secret('some other key');

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterEach(() => context.disable());

async function packed(events = 3): Promise<SignedBatch> {
  const { sink, journal, producer } = testProducer();
  await Promise.all(Array.from({ length: events }, () => sink.record(toolCall())));
  journal.cut();
  const { packed: batch, missing } = await packBatch(journal.batches()[0]!, { producer, key: KEY });
  expect(missing).toBe(0);
  return batch!;
}

test('the worker reads the records that the producer wrote', async () => {
  const batch = await packed();
  const read = readBatch([{ key: OTHER_KEY }, { key: KEY }], batchId(batch), JSON.parse(JSON.stringify(batch)));
  expect(read).toMatchObject({ ok: true, key: KEY, poison: [] });
  expect(read.ok && read.records.map(({ producer_seq: seq }) => seq)).toEqual([1, 2, 3]);
});

describe('a key of one service', () => {
  const OTHERS = new Secret('a key of the portal that mcp does not have');

  test('is good for that service’s events', async () => {
    const batch = await packed();
    const keys = [
      { key: OTHERS, service: 'portal' },
      { key: KEY, service: 'mcp' },
    ];
    expect(readBatch(keys, batchId(batch), batch)).toMatchObject({ ok: true, key: KEY, poison: [] });
  });

  test('makes no event of another service', async () => {
    const batch = await packed();
    const read = readBatch([{ key: KEY, service: 'portal' }], batchId(batch), batch);
    expect(read).toMatchObject({
      ok: true,
      records: [],
      poison: Array.from({ length: 3 }, () => ({ reason: 'not of the service whose key signed it: portal' })),
    });
  });

  test('is one of several lines; a service has two while its key is changed', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(43));
    const keys = readProducerKeys(new Secret(`mcp:${a}\nmcp:${b}\n\n portal:${c}\n`));
    expect(keys.map(({ service, key }) => [service, key.reveal()])).toEqual([
      ['mcp', a],
      ['mcp', b],
      ['portal', c],
    ]);
  });

  test.each(['mcp:short', 'k'.repeat(43), `:${'k'.repeat(43)}`, `MCP:${'k'.repeat(43)}`])(
    '%s is no such line, and is not quoted',
    (line) => {
      const read = () => readProducerKeys(new Secret(line));
      expect(read).toThrow('lines of `service:key`');
      expect(read).not.toThrow(line);
    },
  );
});

test('the same segment always makes the same message', async () => {
  const { sink, journal, producer } = testProducer();
  await sink.record(toolCall());
  journal.cut();
  const pack = () => packBatch(journal.batches()[0]!, { producer, key: KEY });
  expect(await pack()).toEqual(await pack());
});

test.each<[keyof SignedBatch, (batch: SignedBatch) => SignedBatch]>([
  ['producer', (batch) => ({ ...batch, producer: '6f0c2f3e-0000-4000-8000-0000000000ff' })],
  ['first', (batch) => ({ ...batch, first: batch.first + 1 })],
  ['last', (batch) => ({ ...batch, last: batch.last + 1 })],
  ['records', (batch) => ({ ...batch, records: `${batch.records.slice(0, -8)}AAAA${batch.records.slice(-4)}` })],
  ['traces', (batch) => ({ ...batch, traces: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'] })],
  ['mac', (batch) => ({ ...batch, mac: signBatch(OTHER_KEY, batch).mac })],
])('a batch whose %s was changed is nobody’s', async (_, change) => {
  const forged = change(await packed());
  expect(readBatch([{ key: KEY }], batchId(forged), forged)).toEqual({ ok: false, reason: 'not signed by a producer' });
});

test.each([
  [
    { first: 1, last: 11 },
    { first: 11, last: 1 },
  ],
  [{ traces: ['a', 'b'] }, { traces: ['a,b'] }],
  [
    { traces: ['a'], records: 'b' },
    { traces: [], records: 'ab' },
  ],
])('%j and %j have different signatures: no part can pass for a piece of another', (a, b) => {
  const base = { producer: 'p', first: 1, last: 1, records: '', traces: [] };
  expect(isSignedBy(KEY, { ...base, ...b, mac: signBatch(KEY, { ...base, ...a }).mac })).toBe(false);
});

test('a real batch under the id of another is refused: its receipt would make the producer forget that one', async () => {
  const batch = await packed();
  expect(readBatch([{ key: KEY }], 'somebody.1.3', batch)).toEqual({ ok: false, reason: 'not the batch of this id' });
});

test.each([undefined, null, 7, '', {}, { producer: 'x' }, []])('%j in the queue is no batch', (value) => {
  expect(readBatch([{ key: KEY }], 'x', value)).toEqual({ ok: false, reason: 'not a batch' });
});

test.each(['', 'AAAA', '{"kind":"tool_call"}'])('records that are not packed are no batch: %s', (records) => {
  const batch = signBatch(KEY, { producer: PRODUCER, first: 1, last: 1, records, traces: [] });
  const read = readBatch([{ key: KEY }], batchId(batch), batch);
  expect(read).toEqual({ ok: false, reason: 'its records cannot be unpacked' });
});

test('poison is told apart, with the reason, and does not stop the rest', async () => {
  const batch = await packed();
  const [one = '', two = '', three = ''] = unpackRecords(batch.records) ?? [];
  const strange = [
    two.replace('"tool_call"', '"coffee"'),
    three.replace('"producer_seq":3', '"producer_seq":4'),
    'not json',
  ];
  const signed = signBatch(KEY, { ...batch, records: packRecords(Buffer.from([one, ...strange].join('\n'))) });
  const read = readBatch([{ key: KEY }], batchId(signed), signed);
  expect(read.ok && read.records).toHaveLength(1);
  expect(read.ok && read.poison.map(({ reason }) => reason)).toEqual([
    'not a record: kind',
    'not of this batch',
    'not JSON',
  ]);
});

test('a receipt is for one batch with one content, and by the key that signed it', async () => {
  const batch = await packed();
  const proof = proofOf(batch);
  const receipt = signReceipt(KEY, proof);
  expect(isReceiptFor(KEY, proof, receipt)).toBe(true);
  expect(isReceiptFor(KEY, proof, JSON.parse(JSON.stringify(receipt)))).toBe(true);
  expect(isReceiptFor(KEY, { ...proof, id: 'other' }, receipt)).toBe(false);
  expect(isReceiptFor(KEY, { ...proof, mac: signBatch(KEY, { ...batch, records: '' }).mac }, receipt)).toBe(false);
  expect(isReceiptFor(OTHER_KEY, proof, receipt)).toBe(false);
  // The batch's own signature is no receipt, although it is by the same key.
  expect(isReceiptFor(KEY, proof, { stored: proof.id, mac: batch.mac })).toBe(false);
  for (const answer of [undefined, null, 'stored', {}, { stored: proof.id, mac: '' }]) {
    expect(isReceiptFor(KEY, proof, answer)).toBe(false);
  }
});

async function recordIn(spans: readonly { readonly spanId: string; readonly traceFlags: TraceFlags }[]) {
  const { sink, journal, producer } = testProducer();
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await Promise.all(
    spans.map((span) =>
      context.with(trace.setSpanContext(context.active(), { traceId, ...span }), () => sink.record(toolCall())),
    ),
  );
  journal.cut();
  const { packed: batch } = await packBatch(journal.batches()[0]!, { producer, key: KEY });
  return batch!;
}

test('the trace of an event travels with it, sampled, and stands in its record', async () => {
  const batch = await recordIn([
    { spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.SAMPLED },
    { spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.SAMPLED },
    { spanId: 'b7ad6b7169203332', traceFlags: TraceFlags.NONE },
  ]);
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  expect(tracesOf(batch)).toEqual([
    { traceId, spanId: 'b7ad6b7169203331', traceFlags: TraceFlags.SAMPLED, isRemote: true },
  ]);
  const read = readBatch([{ key: KEY }], batchId(batch), batch);
  expect(read.ok && read.records.map(({ trace_id: id }) => id)).toEqual([traceId, traceId, traceId]);
});

test('a batch carries so many traces and no more', async () => {
  const spans = Array.from({ length: TRACES_MAX + 5 }, (_, at) => ({
    spanId: (at + 1).toString(16).padStart(16, '0'),
    traceFlags: TraceFlags.SAMPLED,
  }));
  expect((await recordIn(spans)).traces).toHaveLength(TRACES_MAX);
});
