import { AppError, type Caller } from '@causeway/core';
import { beforeEach, expect, test, vi } from 'vitest';
import { refused } from '../testing/sample-events.ts';
import { testProducer } from '../testing/test-producer.ts';
import { WANDA } from '../testing/wanda.ts';
import type { AuditEvent } from '../record/event.ts';
import { RECORDED } from './recorded.ts';
import { RefusalRecorder, type RefusalRecorderOptions } from './refusal-recorder.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-20T12:00:00Z') });
});

function setUp(options: Partial<RefusalRecorderOptions> = {}) {
  const events: AuditEvent[] = [];
  const sink = {
    hasRoomForStrangers: true,
    isDown: false,
    record: (event: AuditEvent) => {
      if (sink.isDown) return Promise.reject(new AppError('audit_unavailable', 'down'));
      events.push(event);
      return Promise.resolve(RECORDED);
    },
  };
  const report = vi.fn<(error: unknown) => void>();
  const recorder = new RefusalRecorder({ sink, report, ...options });
  recorder.start();
  const refuseCaller = async (caller: Caller, times: number) => {
    for (let at = 0; at < times; at++) await recorder.record('192.0.2.1', refused('no tool of that name', { caller }));
  };
  const refuse = async (address: string | undefined, times: number, reason = 'expired') => {
    for (let at = 0; at < times; at++) await recorder.record(address, refused(reason));
  };
  const sums = () => events.filter(({ kind }) => kind === 'refused_summary').map((event) => event.arguments);
  return { events, sink, recorder, refuse, refuseCaller, sums, report };
}

test('the first 20 of an address and minute are recorded each, the rest as one sum with its reasons', async () => {
  const { events, refuse, sums } = setUp();
  await refuse('192.0.2.1', 22);
  await refuse('192.0.2.1', 3, 'foreign audience');
  await refuse('192.0.2.2', 1);
  expect(events).toHaveLength(21);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sums()).toEqual([
    {
      address: '192.0.2.1',
      addresses: 1,
      count: 5,
      reasons: { 'invalid_token: expired': 2, 'invalid_token: foreign audience': 3 },
      since: '2026-11-20T12:00:00.000Z',
    },
  ]);
});

test('each minute has its own allowance, and nothing is summed twice', async () => {
  const { events, refuse, sums } = setUp({ perAddressMax: 1 });
  await refuse('192.0.2.1', 2);
  await vi.advanceTimersByTimeAsync(60_000);
  await refuse('192.0.2.1', 1);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(events.filter(({ kind }) => kind === 'request_refused')).toHaveLength(2);
  expect(sums()).toHaveLength(1);
});

test('a flood from many addresses is a bounded number of lines and of entries in memory', async () => {
  const { events, refuse, sums } = setUp({ perAddressMax: 1, addressesMax: 50 });
  for (let at = 0; at < 200; at++) await refuse(`198.51.100.${at}`, 2);
  expect(events.length).toBeLessThanOrEqual(50);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sums()).toHaveLength(21);
  expect(sums().reduce((sum, each) => sum + Number(each?.['count']), 0)).toBe(400 - 50);
});

test('a caller cannot make up reasons without end', async () => {
  const { refuse, sums } = setUp({ perAddressMax: 0 });
  for (let at = 0; at < 100; at++) await refuse('192.0.2.1', 1, `kid ${at}`);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(Object.keys(sums()[0]?.['reasons'] as object)).toHaveLength(11);
});

test('when strangers have filled their share, refusals are counted, and recorded when there is room', async () => {
  const { sink, events, refuse, sums } = setUp();
  sink.hasRoomForStrangers = false;
  await refuse('192.0.2.1', 5);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(events).toEqual([]);
  await refuse('192.0.2.1', 5);
  sink.hasRoomForStrangers = true;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sums()).toMatchObject([{ count: 10, since: '2026-11-20T12:00:00.000Z' }]);
});

test('sums that could not be recorded are recorded later, as a whole', async () => {
  const { sink, refuse, sums, report } = setUp({ perAddressMax: 0 });
  await refuse('192.0.2.1', 2);
  sink.isDown = true;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(report).toHaveBeenCalledOnce();
  await refuse('192.0.2.1', 1);
  sink.isDown = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sums()).toMatchObject([{ count: 3, since: '2026-11-20T12:00:00.000Z' }]);
});

const ERIK: Caller = { ...WANDA, human: { ...WANDA.human!, subject: 'auth0|2', email: 'erik@northwind.example' } };

test('whoever proved themselves keeps their name, beyond what strangers of their address have and without any room for them', async () => {
  const { sink, events, refuse, refuseCaller } = setUp();
  await refuse('192.0.2.1', 30);
  sink.hasRoomForStrangers = false;
  events.length = 0;
  await refuseCaller(WANDA, 30);
  await refuseCaller(ERIK, 1);
  expect(events.map(({ caller }) => caller)).toEqual([...Array.from({ length: 30 }, () => WANDA), ERIK]);
});

test('beyond a caller’s own allowance there is a sum in their name, each minute, and others are not touched', async () => {
  const { sink, events, refuseCaller } = setUp({ perCallerMax: 2 });
  sink.hasRoomForStrangers = false;
  await refuseCaller(WANDA, 5);
  await refuseCaller(ERIK, 2);
  await vi.advanceTimersByTimeAsync(60_000);
  await refuseCaller(WANDA, 1);
  expect(events).toHaveLength(6);
  expect(events.filter(({ kind }) => kind === 'refused_summary')).toMatchObject([
    {
      caller: WANDA,
      outcome: { status: 'access_denied', errorCode: 'invalid_token', reason: '3 refusals, summed up' },
      arguments: { count: 3, reasons: { 'invalid_token: no tool of that name': 3 }, since: '2026-11-20T12:00:00.000Z' },
    },
  ]);
});

test('a sum of a caller that could not be recorded is recorded later, as a whole', async () => {
  const { sink, events, refuseCaller } = setUp({ perCallerMax: 0 });
  await refuseCaller(WANDA, 2);
  sink.isDown = true;
  await vi.advanceTimersByTimeAsync(60_000);
  await refuseCaller(WANDA, 1);
  sink.isDown = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(events).toMatchObject([{ caller: WANDA, arguments: { count: 3, since: '2026-11-20T12:00:00.000Z' } }]);
});

test('callers without a place in the table keep their names too', async () => {
  const { events, refuseCaller } = setUp({ perCallerMax: 0, addressesMax: 1 });
  await refuseCaller(WANDA, 1);
  await refuseCaller(ERIK, 2);
  expect(events.map(({ caller }) => caller)).toEqual([ERIK, ERIK]);
});

test('a refusal with a record of its own is not answered when the journal is down', async () => {
  const { sink, recorder } = setUp();
  sink.isDown = true;
  await expect(recorder.record('192.0.2.1', refused('expired'))).rejects.toMatchObject({
    code: 'audit_unavailable',
  });
});

test('at the end the minute that has begun is summed up, also without room', async () => {
  const { sink, refuse, recorder, sums } = setUp({ perAddressMax: 0 });
  await refuse(undefined, 3);
  sink.hasRoomForStrangers = false;
  await recorder.stop();
  expect(sums()).toMatchObject([{ address: 'other', count: 3 }]);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(sums()).toHaveLength(1);
});

test('a summary fits into a journal whose share for strangers is full', async () => {
  vi.useRealTimers();
  const { sink, journal } = testProducer(undefined, { bytesMax: 6000 });
  const recorder = new RefusalRecorder({ sink, report: () => undefined });
  for (let at = 0; at < 10; at++) await recorder.record('192.0.2.1', refused('expired'));
  expect(sink.hasRoomForStrangers).toBe(false);
  const before = journal.nextSeq;
  await recorder.stop();
  expect(journal.nextSeq).toBe(before + 1);
});
