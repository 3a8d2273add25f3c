import { join } from 'node:path';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CHAIN_START, chainHash, leafOf } from '../record/canonical.ts';
import type { AuditRecord } from '../record/record.ts';
import { DELTA_BASE as base, type DeltaOnPostgres, openDeltaOnPostgres } from '../testing/delta-on-postgres.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { newSigningKey } from '../testing/signing-key.ts';
import { createRecords } from '../testing/test-trail.ts';
import { createHeadSigner } from '../warehouse/head.ts';
import { HeadsFile } from '../warehouse/heads-file.ts';
import { readKeysBeside } from '../warehouse/read-heads.ts';
import { storeBatch } from '../warehouse/store-batch.ts';
import { verifyTrail } from '../warehouse/verify-trail.ts';
import { UnfaithfulAnswer } from '../warehouse/witness.ts';
import { DeltaAuditTable } from './delta-audit-table.ts';
import { deltaTrailRows } from './delta-trail-rows.ts';
import { retainDelta } from './retain-delta.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server.stop());

async function openTrail() {
  const delta = await openDeltaOnPostgres(server.url);
  onTestFinished(() => delta.close());
  const headsPath = join(temporaryFolder(), 'heads.jsonl');
  const heads = new HeadsFile({ path: headsPath, signer: await createHeadSigner(newSigningKey()) });
  await heads.prepare();
  const table = new DeltaAuditTable({ statements: delta, base });
  const store = async (records: readonly AuditRecord[]) => heads.anchor(await table.append('main', records, []));
  const verify = async () =>
    verifyTrail({ trail: deltaTrailRows(delta, base), headsPath, keys: await readKeysBeside(headsPath), graceMs: 100 });
  const retain = (now: Date, dryRun = false) =>
    retainDelta({
      statements: delta,
      base,
      months: 3,
      now,
      dryRun,
      keepCheckpoint: (one) => heads.writeCheckpoint(one),
    });
  return { delta, table, heads, store, verify, retain };
}

const rowsOf = (delta: DeltaOnPostgres) =>
  delta.owner('SELECT event_id, chain_seq::int AS seq, hash, month FROM audit_base.tool_calls ORDER BY chain_seq');

describe('a batch', () => {
  test('is stored in one statement, in the chain that its records make, and verify holds', async () => {
    const { delta, table, verify, heads } = await openTrail();
    const records = createRecords().many(20);
    const appended = await table.append('main', records, []);
    const hash = records.map(leafOf).reduce(chainHash, CHAIN_START);
    expect(appended).toEqual({
      stored: 20,
      appended: [{ chain: 'main', from: 1, prevHash: CHAIN_START, chainSeq: 20, hash }],
      found: [],
    });
    expect(delta.ran).toEqual(['audit places', 'audit position', 'audit merge', 'audit places', 'audit numbers']);
    await heads.anchor(appended);
    expect(await verify()).toMatchObject({
      ok: true,
      rows: 20,
      chains: [{ chainSeq: 20, hash: hash.toString('hex') }],
    });
  });

  test('that comes again changes nothing, and its new part goes on', async () => {
    const { delta, table, store, verify } = await openTrail();
    const { many } = createRecords();
    const [first, second] = [many(5), many(3)];
    await store(first);
    expect(await table.append('main', first, [])).toMatchObject({
      stored: 0,
      appended: [],
      found: [{ from: 1, chainSeq: 5 }],
    });
    await store([...first.slice(2), ...second]);
    expect(await rowsOf(delta)).toHaveLength(8);
    expect(await verify()).toMatchObject({ ok: true, rows: 8 });
  });

  test('with the same event twice is one row', async () => {
    const { store, verify } = await openTrail();
    const [one, two] = createRecords().many(2) as [AuditRecord, AuditRecord];
    await store([one, two, one]);
    expect(await verify()).toMatchObject({ ok: true, rows: 2 });
  });

  test('of every kind of value comes back as it was, whatever the time zone of the warehouse is', async () => {
    const { store, verify } = await openTrail();
    const { one } = createRecords();
    await store([
      one({ arguments: { 2: 'b', 1: ['ä', 0.1 + 0.2, 1e21, -0, null, true, { "it's": '"\\\n\u0001🗼' }], z: {} } }),
      one({ latencyMs: 0.001, rowsReturned: 0, maskedColumns: [] }),
      one({ latencyMs: 123_456_789.123, maskedColumns: ['margin "pct"', 'a,b', ''] }),
      one({ outcome: { status: 'error', errorCode: 'internal', reason: "'; DROP TABLE tool_calls; --" } }),
      one({ caller: undefined, tool: undefined, arguments: undefined, latencyMs: undefined, rowsReturned: undefined }),
    ]);
    expect(await verify()).toMatchObject({ ok: true, rows: 5, problems: [] });
  });

  test('is in the month of its id', async () => {
    const { delta, store } = await openTrail();
    await store(createRecords(() => Date.UTC(2025, 0, 31, 23, 59)).many(1));
    expect(await rowsOf(delta)).toMatchObject([{ month: '2025-01' }]);
  });
});

describe('two workers at once', () => {
  test('store each event once, in one chain', async () => {
    const { delta, heads, verify } = await openTrail();
    const { many } = createRecords();
    const tables = [1, 2].map(() => new DeltaAuditTable({ statements: delta.another(), base }));
    const batches = Array.from({ length: 12 }, () => many(4));
    const retried = async (table: DeltaAuditTable, batch: readonly AuditRecord[]): Promise<void> => {
      const stored = await table.append('main', batch, []).catch(() => undefined);
      return stored === undefined ? retried(table, batch) : heads.anchor(stored);
    };
    // Every batch reaches both: one was taken for dead and is not.
    await Promise.all(tables.flatMap((table) => batches.map((batch) => retried(table, batch))));
    expect(await verify()).toMatchObject({ ok: true, rows: 48, problems: [] });
  });

  test('when another was faster, the place in the chain is looked up again and nothing is lost', async () => {
    const { delta, heads, store, verify } = await openTrail();
    const { many } = createRecords();
    const slow = delta.another({ before: ['audit merge', () => store(many(3))] });
    await heads.anchor(await new DeltaAuditTable({ statements: slow, base }).append('main', many(2), []));
    expect(await verify()).toMatchObject({ ok: true, rows: 5 });
  });

  test.each([
    ['the same chain', 'main', [1, 0, 2]],
    ['another chain', 'other', [0, 1, 2]],
  ])(
    'when another stores one of the events in %s meanwhile, the rest is not stored around it',
    async (_, chain, order) => {
      const { delta, heads, table, verify } = await openTrail();
      const records = createRecords().many(3);
      const faster = async () => heads.anchor(await table.append(chain, records.slice(1, 2), []));
      const slow = delta.another({ before: ['audit merge', faster] });
      await heads.anchor(await new DeltaAuditTable({ statements: slow, base }).append('main', records, []));
      const stored = await delta.owner('SELECT event_id FROM audit_base.tool_calls ORDER BY chain_seq, chain');
      expect(stored.map(({ event_id: id }) => records.findIndex((one) => one.event_id === id))).toEqual(order);
      expect(await verify()).toMatchObject({ ok: true, rows: 3 });
    },
  );

  test('a table that lets both go on from the same place gets no signature, and verify says so', async () => {
    const { delta, heads, store, verify } = await openTrail();
    const { many } = createRecords();
    await store(many(2));
    // The other commits between our MERGE and our look at it, as if neither had seen the other.
    const forged = () =>
      delta.owner(`INSERT INTO audit_base.tool_calls SELECT r.* FROM audit_base.tool_calls t, jsonb_populate_record(t, jsonb_build_object(
        'event_id', '019a0000-0000-7000-8000-000000000000', 'chain_seq', 3)) r WHERE t.chain_seq = 2`);
    const second = new DeltaAuditTable({ statements: delta.another({ before: ['audit numbers', forged] }), base });
    await expect(second.append('main', many(2), []).then((stored) => heads.anchor(stored))).rejects.toThrow(
      UnfaithfulAnswer,
    );
    expect(await verify()).toMatchObject({ ok: false });
  });
});

describe('what can never be stored', () => {
  test.each([
    ['an id of next week', () => createRecords(() => Date.now() + 7 * 86_400_000).one()],
    ['an id from before there was anything', () => createRecords(() => Date.UTC(2020, 1)).one()],
  ])('%s is buried with the reason, and the others are stored', async (_, make) => {
    const { delta, table, heads, verify } = await openTrail();
    const { many, producer } = createRecords();
    const records = [...many(2), make(), ...many(2)];
    const stored = await storeBatch(table, { chain: 'main', id: 'b1', producer, records, poison: [] });
    await heads.anchor(stored);
    expect(stored).toMatchObject({ stored: 4, buried: 1 });
    expect(await delta.owner('SELECT reason, producer FROM audit_base.dead_letters')).toMatchObject([
      { reason: expect.stringContaining('a month that cannot be'), producer },
    ]);
    expect(await verify()).toMatchObject({ ok: true, rows: 4 });
  });

  test.each([0, 1])('an id that belongs to another event (%s of them stored before)', async (before) => {
    const { table, store } = await openTrail();
    const [mine] = createRecords().many(1) as [AuditRecord];
    const theirs = { ...createRecords().one(), event_id: mine.event_id };
    await store([theirs].slice(0, before));
    await expect(table.append('main', [...[theirs].slice(before), mine], [])).rejects.toThrow(
      'belongs to another event',
    );
  });

  test('a dead letter is kept once, and of forged ones a hundred an hour', async () => {
    const { delta, table } = await openTrail();
    const letter = (n: number) => ({ batch: `b${n}`, reason: 'x\0', content: '\ud800' });
    const forged = Array.from({ length: 100 }, (_, n) => letter(n));
    const { producer } = createRecords();
    for (const dead of [forged, [letter(100)], [{ ...letter(200), producer }], [{ ...letter(200), producer }]]) {
      await table.append('main', [], dead);
    }
    const kept = await delta.owner(
      'SELECT producer IS NULL AS forged, count(*)::int AS n FROM audit_base.dead_letters GROUP BY 1 ORDER BY 1',
    );
    expect(kept).toEqual([
      { forged: false, n: 1 },
      { forged: true, n: 100 },
    ]);
  });
});

describe('verify, through statements alone, names', () => {
  test.each([
    ['an edited row', `UPDATE audit_base.tool_calls SET human_email = 'x' WHERE chain_seq = 4`, 'altered', 4],
    [
      'an edit below a millisecond',
      `UPDATE audit_base.tool_calls SET occurred_at = occurred_at + interval '1 microsecond' WHERE chain_seq = 4`,
      'altered',
      4,
    ],
    ['an edit of the arguments', `UPDATE audit_base.tool_calls SET arguments = '{}' WHERE chain_seq = 4`, 'altered', 4],
    [
      'arguments that read the same and are not',
      `UPDATE audit_base.tool_calls SET arguments = '{"region":"EAST",' || substr(arguments, 2) WHERE chain_seq = 4`,
      'altered',
      4,
    ],
    [
      'a number that reads the same and is not',
      `UPDATE audit_base.tool_calls SET arguments = '{"region":"WEST","limit":10.00000000000000000001}' WHERE chain_seq = 4`,
      'altered',
      4,
    ],
    [
      'a row of no chain at all',
      `ALTER TABLE audit_base.tool_calls ALTER COLUMN chain DROP NOT NULL;
       INSERT INTO audit_base.tool_calls SELECT r.* FROM audit_base.tool_calls t, jsonb_populate_record(t, '{"chain":null}') r WHERE t.chain_seq = 1`,
      'unsigned',
      1,
    ],
    ['a row that is gone', 'DELETE FROM audit_base.tool_calls WHERE chain_seq = 4', 'missing', 4],
    ['the last rows that are gone', 'DELETE FROM audit_base.tool_calls WHERE chain_seq > 8', 'missing', 9],
  ])('%s', async (_, tamper, kind, chainSeq) => {
    const { delta, store, verify } = await openTrail();
    const { many } = createRecords();
    await store(many(5));
    await store(many(5));
    await delta.owner(tamper);
    expect(await verify()).toMatchObject({ ok: false, problems: [{ kind, chainSeq }] });
  });

  test('a row that nobody handed in', async () => {
    const { delta, store, table, verify } = await openTrail();
    const { many } = createRecords();
    await store(many(3));
    // With the worker's own right to write, and without its key.
    await table.append('main', many(1), []);
    await store(many(2));
    expect(await delta.owner('SELECT count(*)::int AS n FROM audit_base.tool_calls')).toEqual([{ n: 6 }]);
    expect(await verify()).toMatchObject({ ok: false, problems: [{ kind: 'foreign', chainSeq: 4 }] });
  });

  test.each([999, 1000, 1001])('a second copy of a row where a page ends: row %s', async (seq) => {
    const { delta, store, verify } = await openTrail();
    await store(createRecords().many(1100));
    await delta.owner(`INSERT INTO audit_base.tool_calls SELECT * FROM audit_base.tool_calls WHERE chain_seq = ${seq}`);
    expect(await verify()).toMatchObject({ ok: false, problems: [{ kind: 'inserted', chainSeq: seq }] });
  });

  test('nothing in a trail of more than a page', async () => {
    const { store, verify } = await openTrail();
    await store(createRecords().many(2300));
    expect(await verify()).toMatchObject({ ok: true, rows: 2300 });
  });
});

describe('retention', () => {
  const january = () => createRecords(() => Date.UTC(2025, 0, 15));
  const june = () => createRecords(() => Date.UTC(2025, 5, 15));
  const JULY = new Date(Date.UTC(2025, 6, 1));

  test('takes away the months that are not kept, and verify holds across them', async () => {
    const { delta, store, verify, retain } = await openTrail();
    const [old, late] = [january(), june()];
    for (const batch of [old.many(5), late.many(2), old.many(1), late.many(2)]) await store(batch);
    expect(await retain(JULY, true)).toEqual({ dropped: ['2025-01'], rows: 6 });
    expect(await rowsOf(delta)).toHaveLength(10);
    expect(await retain(JULY)).toEqual({ dropped: ['2025-01'], rows: 6 });
    expect((await rowsOf(delta)).map(({ seq }) => seq)).toEqual([6, 7, 9, 10]);
    await store(late.many(1));
    expect(await verify()).toMatchObject({ ok: true, rows: 5, problems: [] });
    expect(await retain(JULY)).toEqual({ dropped: [], rows: 0 });
  });

  test('of all rows leaves the place at which the chain goes on', async () => {
    const { delta, store, verify, retain } = await openTrail();
    await store(january().many(3));
    await retain(JULY);
    await store(june().many(1));
    expect(await rowsOf(delta)).toMatchObject([{ seq: 4 }]);
    expect(await verify()).toMatchObject({ ok: true, rows: 1 });
  });

  test('says what it takes before it takes it, and makes the table for appending again', async () => {
    const { delta, store } = await openTrail();
    await store(january().many(3));
    const ran: string[] = [];
    const statements = {
      ...delta,
      run: (statement: Parameters<typeof delta.run>[0]) => {
        ran.push(statement.text.split(' ', 1)[0] ?? '');
        return statement.text.startsWith('DELETE') ? Promise.reject(new Error('down')) : delta.run(statement);
      },
    };
    const keepCheckpoint = async () => void ran.push('checkpoint');
    await expect(retainDelta({ statements, base, months: 3, now: JULY, keepCheckpoint })).rejects.toThrow('down');
    expect(ran).toEqual(['SELECT', 'SELECT', 'checkpoint', 'INSERT', 'INSERT', 'ALTER', 'DELETE', 'ALTER']);
  });
});
