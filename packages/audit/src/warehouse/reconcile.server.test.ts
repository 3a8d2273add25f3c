import { stat } from 'node:fs/promises';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { toolCall } from '../testing/sample-events.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { testProducer } from '../testing/test-producer.ts';
import { createRecords, createTestTrail, type TestTrail } from '../testing/test-trail.ts';
import type { Checkpoint } from './head.ts';
import { reconcile } from './reconcile.ts';
import { retain } from './retain.ts';
import { withReader } from './stored-row.ts';

let server: TestPostgres;
let trail: TestTrail;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  trail = await createTestTrail(server.url, temporaryFolder());
});
afterEach(() => trail.close());

const account = (journals: readonly string[] = []) =>
  withReader(trail.readerUrl, (client) => reconcile(client, journals));

test('all that was accepted is stored', async () => {
  const { many, producer } = createRecords();
  await trail.store(many(20));
  expect(await account()).toEqual({
    ok: true,
    lost: 0,
    doubled: 0,
    pending: 0,
    dead: 0,
    producers: [
      { producer, service: 'mcp', accepted: 20, stored: 20, retired: 0, duplicates: 0, dead: 0, pending: 0, gaps: [] },
    ],
  });
});

test('what is missing in between, and before the first, is a gap', async () => {
  const { many } = createRecords();
  const records = many(10);
  await trail.store(records.filter(({ producer_seq: seq }) => ![1, 2, 6].includes(seq)));
  const report = await account();
  expect(report).toMatchObject({ ok: false, lost: 3 });
  expect(report.producers[0]?.gaps).toEqual([
    { first: 1, last: 2 },
    { first: 6, last: 6 },
  ]);
});

test('what a journal holds and the table does not is pending, and nothing is lost', async () => {
  const journals = temporaryFolder();
  const { sink, journal, producer } = testProducer(journals);
  await Promise.all([sink.record(toolCall()), sink.record(toolCall())]);
  journal.cut();
  await sink.record(toolCall());
  expect(await account([journals])).toMatchObject({
    ok: true,
    pending: 3,
    producers: [{ producer, accepted: 3, stored: 0, pending: 3 }],
  });
});

test('a journal remembers its last number: a stored tail that is gone from the table is lost', async () => {
  const journals = temporaryFolder();
  const { sink, journal } = testProducer(journals);
  await Promise.all([sink.record(toolCall()), sink.record(toolCall())]);
  journal.cut();
  for (const batch of journal.batches()) journal.trim(batch);
  expect(await account([journals])).toMatchObject({ ok: false, lost: 2 });
});

test('one event in two rows is doubled', async () => {
  const records = createRecords();
  const record = records.one();
  await trail.store([record, { ...record, event_id: createRecords().one().event_id }]);
  expect(await account()).toMatchObject({ ok: false, lost: 0, doubled: 1 });
});

test('a dead letter is accounted for', async () => {
  const { many, producer } = createRecords();
  const [first, second, third] = many(3);
  if (first === undefined || second === undefined || third === undefined) throw new Error('three were asked for');
  await trail.table.append(
    'main',
    [first, third],
    [{ batch: 'b', producer, producerSeq: 2, reason: 'r', content: '{}' }],
  );
  expect(await account()).toMatchObject({ ok: true, dead: 1, producers: [{ accepted: 3, stored: 2, dead: 1 }] });
});

test('retention drops whole months; what is left is verified across the holes, and nothing counts as lost', async () => {
  // Two producers whose clocks differ: rows of both months stand between each other.
  const january = createRecords(() => Date.parse('2026-01-31T23:59:59Z'));
  const february = createRecords(() => Date.parse('2026-02-01T00:00:01Z'));
  for (let round = 0; round < 5; round++) await trail.store([...january.many(3), ...february.many(2)]);
  const report = await withReader(trail.adminUrl, (client) =>
    retain({
      client,
      months: 9,
      now: new Date('2026-11-20T00:00:00Z'),
      keepCheckpoint: (checkpoint) => trail.heads.writeCheckpoint(checkpoint),
    }),
  );
  expect(report).toEqual({ dropped: ['tool_calls_2026_01'], rows: 15 });
  expect(await trail.verify()).toMatchObject({ ok: true, rows: 10, problems: [] });
  expect(await account()).toMatchObject({ ok: true, lost: 0 });
  // The worker drops the heads that speak only of rows that are gone.
  const before = (await stat(trail.headsPath)).size;
  await trail.heads.forget({ chain: 'main', upTo: 8 });
  expect((await stat(trail.headsPath)).size).toBeLessThan(before);
  expect(await trail.verify()).toMatchObject({ ok: true, rows: 10, problems: [] });
  await trail.admin(
    'ALTER TABLE audit_base.tool_calls DISABLE TRIGGER USER; DELETE FROM audit_base.tool_calls WHERE chain_seq = 10',
  );
  expect(await trail.verify()).toMatchObject({ ok: false, problems: [{ kind: 'missing', chainSeq: 10 }] });
});

test('without its signed checkpoint a dropped month is missing', async () => {
  await trail.store(createRecords(() => Date.parse('2026-01-31T00:00:00Z')).many(3));
  await withReader(trail.adminUrl, (client) =>
    retain({ client, months: 1, now: new Date('2026-11-20T00:00:00Z'), keepCheckpoint: () => Promise.resolve() }),
  );
  expect(await trail.verify()).toMatchObject({ ok: false, problems: [{ kind: 'missing', chainSeq: 1 }] });
});

const jan = () => Date.parse('2026-01-31T00:00:00Z');

const retainNow = (keepCheckpoint = (one: Checkpoint) => trail.heads.writeCheckpoint(one)) =>
  withReader(trail.adminUrl, (client) =>
    retain({ client, months: 1, now: new Date('2026-11-20T00:00:00Z'), keepCheckpoint }),
  );

test('an event of the month that comes while the month is dropped is neither lost nor missing', async () => {
  const late = createRecords(jan);
  await trail.store(late.many(3));
  await trail.store(createRecords().many(2));
  let isFirst = true;
  await retainNow(async (checkpoint) => {
    await trail.heads.writeCheckpoint(checkpoint);
    if (isFirst) await trail.store(late.many(1));
    isFirst = false;
  });
  expect(await trail.verify()).toMatchObject({ ok: true, problems: [] });
  expect(await account()).toMatchObject({ ok: true, lost: 0 });
});

test('a drop that failed after its checkpoint is made up for, and the trail is sound before and after', async () => {
  await trail.store(createRecords(jan).many(3));
  await trail.store(createRecords().many(2));
  await withReader(trail.readerUrl, async (reader) => {
    await reader.query('BEGIN; SELECT count(*) FROM audit_base.tool_calls');
    await expect(retainNow()).rejects.toThrow('lock timeout');
  });
  expect(await trail.verify()).toMatchObject({ ok: true, rows: 5 });
  await trail.heads.forget({ chain: 'main', upTo: 3 });
  expect(await trail.verify()).toMatchObject({ ok: true, rows: 5 });
  expect(await retainNow()).toMatchObject({ rows: 3 });
  expect(await trail.verify()).toMatchObject({ ok: true, rows: 2 });
});

test.each([1, 2, 3])('row %i of three that retention took away cannot be put back as another', async (seq) => {
  await trail.store(createRecords(jan).many(3));
  await trail.store(createRecords().many(2));
  await retainNow();
  await trail.table.append('other', createRecords().many(3), []);
  await trail.admin(`ALTER TABLE audit_base.tool_calls DISABLE TRIGGER USER;
    DELETE FROM audit_base.tool_calls WHERE chain = 'other' AND chain_seq <> 1; DELETE FROM audit_base.chains WHERE chain = 'other'`);
  await trail.admin(`UPDATE audit_base.tool_calls SET chain = 'main', chain_seq = ${seq} WHERE chain = 'other'`);
  expect(await trail.verify()).toMatchObject({ ok: false, problems: [{ kind: 'inserted', chainSeq: seq }] });
});
