import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toolCall } from '../testing/sample-events.ts';
import { canonicalRecord } from './canonical.ts';
import { auditRecord, type AuditRecord, toRecord } from './record.ts';

const STAMP = {
  eventId: '0190a1b2-0000-7000-8000-000000000001',
  traceId: undefined,
  at: 0,
  service: 'mcp',
  producer: '6f0c2f3e-0000-4000-8000-000000000001',
  seq: 1,
};
const AT = Object.keys(auditRecord.shape).indexOf('arguments');
const RECORD = toRecord(toolCall(), STAMP);

type Json = Exclude<AuditRecord['arguments'], null>;

const text = (args: Json) => canonicalRecord({ ...RECORD, arguments: args });

const key = fc.oneof(fc.string(), fc.nat(20).map(String), fc.constantFrom('a', 'B', 'é', '\u{1F600}', '\uFB33'));
const { json } = fc.letrec<{ json: Json[string] }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.jsonValue({ maxDepth: 0 }) as fc.Arbitrary<Json[string]>,
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(key, tie('json'), { maxKeys: 5 }),
  ),
}));
const args = fc.dictionary(key, json, { maxKeys: 6 });

/** The same value, its keys put in from the back. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, part]) => [name, turned(part)]),
  );
}

// JSON has one zero with a sign and one without; as JSON.stringify writes them they are the same.
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

test('says everything: the value can be read from it', () => {
  fc.assert(
    fc.property(args, (value) => {
      expect((JSON.parse(text(value)) as unknown[])[AT]).toEqual(plain(value));
    }),
    { numRuns: 1000 },
  );
});

test('is one text for one value, in whatever order its keys were put in', () => {
  fc.assert(
    fc.property(args, (value) => {
      expect(text(turned(value) as Json)).toBe(text(value));
    }),
    { numRuns: 1000 },
  );
});

test('is another text for another value', () => {
  fc.assert(
    fc.property(args, args, (one, other) => {
      expect(text(one) === text(other)).toBe(isDeepStrictEqual(plain(one), plain(other)));
    }),
    { numRuns: 1000 },
  );
});

test('RFC 8785 §3.2: has no white space, and keys in the order of their UTF-16 code units', () => {
  fc.assert(
    fc.property(fc.uniqueArray(key, { minLength: 2, maxLength: 8 }), (keys) => {
      const sorted = [...keys].toSorted((a, b) => (a < b ? -1 : 1));
      const members = sorted.map((name) => `${JSON.stringify(name)}:[1,{}]`).join(',');
      expect(text(Object.fromEntries(keys.map((name) => [name, [1, {}]])))).toContain(`,{${members}},`);
    }),
    { numRuns: 500 },
  );
});
