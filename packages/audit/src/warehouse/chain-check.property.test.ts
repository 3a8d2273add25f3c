import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalRecord, chainHash, CHAIN_START, leafOf } from '../record/canonical.ts';
import { auditRecord, type AuditRecord } from '../record/record.ts';
import { createRecords } from '../testing/test-trail.ts';
import { ChainCheck } from './chain-check.ts';
import type { StoredRow } from './stored-row.ts';

const COUNT = 12;
const producer = createRecords(() => Date.UTC(2026, 10, 20, 12));
const RECORDS = Array.from({ length: COUNT }, (_, n) => producer.one({ requestId: `r${n}`, rowsReturned: n }));
const STRANGER = producer.one({ requestId: 'stranger' });

/** The rows as the table makes them of these records. */
function chainOf(records: readonly AuditRecord[]): StoredRow[] {
  let prevHash = CHAIN_START;
  return records.map((record, n) => {
    const row = { record, chain: 'main', chainSeq: n + 1, prevHash, hash: chainHash(prevHash, leafOf(record)) };
    prevHash = row.hash;
    return { ...row, storedAt: record.occurred_at };
  });
}

const ROWS = chainOf(RECORDS);
const HEADS = [4, 8, COUNT].map((chainSeq) => ({ chainSeq, hash: ROWS[chainSeq - 1]!.hash.toString('hex') }));

function problemsOf(rows: readonly StoredRow[]) {
  const vouched = [{ first: 1, last: COUNT }];
  const check = new ChainCheck({ chain: 'main', heads: HEADS, vouched, retired: [] });
  // As the table is read.
  for (const row of rows.toSorted((a, b) => a.chainSeq - b.chainSeq)) {
    const problem = check.take(row);
    if (problem !== undefined) return [problem];
  }
  return [check.end(), ...check.unvouched.map((range) => check.nameUnvouched(range))].filter(
    (each) => each !== undefined,
  );
}

const place = fc.nat(COUNT - 1);
const column = fc.constantFrom(...(Object.keys(auditRecord.shape) as (keyof AuditRecord)[]));

/** The owner of the table knows how hashes are made, and makes all of them anew. */
const rehashed = (records: readonly AuditRecord[]) => problemsOf(chainOf(records));

test('the chain that nobody touched is whole', () => {
  expect(problemsOf(ROWS)).toEqual([]);
});

test('any column of any row with any other value is named, by its row', () => {
  fc.assert(
    fc.property(place, column, fc.jsonValue(), (at, name, value) => {
      const record: AuditRecord = { ...RECORDS[at]!, [name]: value };
      fc.pre(canonicalRecord(record) !== canonicalRecord(RECORDS[at]!));
      const rows = ROWS.with(at, { ...ROWS[at]!, record });
      expect(problemsOf(rows)).toMatchObject([{ kind: 'altered', chainSeq: at + 1 }]);
      expect(rehashed(RECORDS.with(at, record))).toMatchObject([{ kind: 'rewritten' }]);
    }),
    { numRuns: 500 },
  );
});

test('any bit of any hash is named', () => {
  fc.assert(
    fc.property(place, fc.constantFrom('hash' as const, 'prevHash' as const), fc.nat(255), (at, name, bit) => {
      const flipped = Buffer.from(ROWS[at]![name]);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(problemsOf(ROWS.with(at, { ...ROWS[at]!, [name]: flipped }))).toMatchObject([{ chainSeq: at + 1 }]);
    }),
    { numRuns: 500 },
  );
});

test('any rows that are taken out are named, by the first of them', () => {
  fc.assert(
    fc.property(fc.subarray([...ROWS.keys()], { minLength: 1 }), (gone) => {
      const rest = ROWS.filter((_, at) => !gone.includes(at));
      expect(problemsOf(rest)).toMatchObject([{ kind: 'missing', chainSeq: gone[0]! + 1 }]);
      expect(rehashed(RECORDS.filter((_, at) => !gone.includes(at)))).toHaveLength(1);
    }),
  );
});

test('any row that is put in is named, wherever it is and however it was hashed', () => {
  fc.assert(
    fc.property(fc.nat(COUNT), fc.constantFrom(STRANGER, ...RECORDS), fc.boolean(), (at, record, moves) => {
      const before = ROWS[at - 1]?.hash ?? CHAIN_START;
      const row = { ...ROWS[0]!, record, chainSeq: at + 1, prevHash: before, hash: chainHash(before, leafOf(record)) };
      const behind = ROWS.slice(at).map((each) => (moves ? { ...each, chainSeq: each.chainSeq + 1 } : each));
      const rows = [...ROWS.slice(0, at), row, ...behind];
      expect(problemsOf(rows).length).toBeGreaterThan(0);
      expect(rehashed(RECORDS.toSpliced(at, 0, record)).length).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
});

test('any two rows that change places are named, hashed anew or not', () => {
  fc.assert(
    fc.property(place, place, (a, b) => {
      fc.pre(a !== b);
      const [one, other] = [ROWS[a]!, ROWS[b]!];
      const swapped = ROWS.with(a, { ...other, chainSeq: one.chainSeq }).with(b, { ...one, chainSeq: other.chainSeq });
      expect(problemsOf(swapped)).toMatchObject([{ chainSeq: Math.min(a, b) + 1 }]);
      expect(rehashed(RECORDS.with(a, RECORDS[b]!).with(b, RECORDS[a]!))).toMatchObject([{ kind: 'rewritten' }]);
    }),
  );
});
