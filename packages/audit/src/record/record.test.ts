import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toolCall } from '../testing/sample-events.ts';
import { WANDA } from '../testing/wanda.ts';
import { canonicalRecord, chainHash, CHAIN_START, leafOf } from './canonical.ts';
import type { AuditEvent } from './event.ts';
import { createEventIds, eventIdTime } from './event-id.ts';
import { auditRecord, type Stamp, toRecord } from './record.ts';

const STAMP: Stamp = {
  eventId: '019a9f0e-1c00-7000-8000-000000000001',
  at: Date.parse('2026-11-20T12:00:00.123Z'),
  traceId: '0af7651916cd43dd8448eb211c80319c',
  service: 'mcp',
  producer: '6f0c2f3e-0000-4000-8000-0000000000aa',
  seq: 7,
};

const throughJson = (event: AuditEvent) => JSON.parse(JSON.stringify(toRecord(event, STAMP))) as unknown;

test('a record has the columns of the contract, in their order', () => {
  expect(
    toRecord(toolCall({ policyDigest: 'p1', statement: 'SELECT 1', maskedColumns: ['margin_pct'] }), STAMP),
  ).toEqual({
    event_id: STAMP.eventId,
    occurred_at: '2026-11-20T12:00:00.123Z',
    kind: 'tool_call',
    request_id: 'r1',
    trace_id: STAMP.traceId,
    service: 'mcp',
    pattern: 'federation',
    idp: 'northwind',
    human_subject: 'auth0|1',
    human_email: 'wanda@northwind.example',
    principal_id: WANDA.principal.id,
    role: 'west_sales',
    agent: null,
    client_id: null,
    tool: 'query_sales_data',
    arguments: { region: 'WEST', limit: 10 },
    statement: 'SELECT 1',
    status: 'success',
    error_code: null,
    reason: null,
    rows_returned: 10,
    masked_columns: ['margin_pct'],
    latency_ms: 12.5,
    policy_digest: 'p1',
    producer: STAMP.producer,
    producer_seq: 7,
  });
  expect(Object.keys(toRecord(toolCall(), STAMP))).toEqual(Object.keys(auditRecord.shape));
});

test('a failure has its code and its precise reason', () => {
  const outcome = { status: 'rate_limited', errorCode: 'rate_limited', reason: 'window of caller' } as const;
  expect(toRecord(toolCall({ outcome }), STAMP)).toMatchObject({
    status: 'rate_limited',
    error_code: 'rate_limited',
    reason: 'window of caller',
  });
});

test('whatever a caller sends, the record is one that the worker and Postgres take', () => {
  const hostile = fc.string({ unit: 'binary', maxLength: 50 }).map((text) => `\0\uD800${text}`);
  fc.assert(
    fc.property(hostile, fc.dictionary(hostile, fc.jsonValue()), fc.double(), (text, args, latencyMs) => {
      const record = throughJson(
        toolCall({ requestId: text, clientId: text, tool: text, statement: text, arguments: args, latencyMs }),
      );
      expect(auditRecord.safeParse(record).error).toBeUndefined();
      expect(JSON.stringify(record)).not.toMatch(/\\u0000|\\ud[89a-f]/i);
    }),
  );
});

test.each<[string, Record<string, unknown>, unknown]>([
  [
    'too long',
    { text: 'x'.repeat(3000), more: 'y'.repeat(3000), most: 'z'.repeat(3000) },
    { truncated: true, length: 9031 },
  ],
  [
    'too deep',
    JSON.parse('{"a":'.repeat(20) + '1' + '}'.repeat(20)) as Record<string, unknown>,
    { unrecordable: true },
  ],
  ['no JSON', { id: 1n }, { unrecordable: true }],
])('arguments that are %s leave a mark instead of a missing record', (_, args, expected) => {
  expect(toRecord(toolCall({ arguments: args }), STAMP).arguments).toEqual(expected);
});

test('a long text is cut, not refused', () => {
  const record = toRecord(toolCall({ requestId: 'r'.repeat(500), statement: 's'.repeat(9000) }), STAMP);
  expect([record.request_id.length, record.statement?.length]).toEqual([200, 4000]);
});

test('RFC 8785: the canonical text does not depend on the order of keys, and sorts keys that look like numbers as text', () => {
  const record = toRecord(toolCall({ arguments: { b: { y: 1, x: [2, 'ü'] }, 10: 1, 9: 2 } }), STAMP);
  const other = toRecord(toolCall({ arguments: { 9: 2, 10: 1, b: { x: [2, 'ü'], y: 1 } } }), STAMP);
  expect(canonicalRecord(record)).toContain('{"10":1,"9":2,"b":{"x":[2,"ü"],"y":1}}');
  expect(canonicalRecord(other)).toBe(canonicalRecord(record));
});

test('the canonical text survives the way through JSON', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (args) => {
      const record = toRecord(toolCall({ arguments: args }), STAMP);
      expect(canonicalRecord(auditRecord.parse(JSON.parse(JSON.stringify(record))))).toBe(canonicalRecord(record));
    }),
  );
});

test('a key that reading back would drop is renamed', () => {
  const args = JSON.parse('{"a":{"__proto__":1}}') as Record<string, unknown>;
  const record = toRecord(toolCall({ arguments: args }), STAMP);
  expect(record.arguments).toEqual({ a: { '[__proto__]': 1 } });
  expect(auditRecord.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
});

test('the hash of a chain is pinned: a change would break every trail that exists', () => {
  const leaf = leafOf(toRecord(toolCall(), STAMP));
  expect(leaf.toString('hex')).toBe('7d359b512b9f3c55190afb134eddfd904643236cdd422459f7eaed953216ab93');
  expect(chainHash(CHAIN_START, leaf).toString('hex')).toBe(
    '74e064dde494ae5e82bd86a5ccae2473bbea329653b9ec3a8f4cb887e7a674ca',
  );
});

test('event ids are uuids of version 7 that grow, also in one millisecond and when the clock steps back a little', () => {
  let now = 1_700_000_000_000;
  const next = createEventIds(() => now);
  const ids = Array.from({ length: 10_000 }, (_, at) => {
    if (at === 5000) now -= 20_000;
    return next();
  });
  expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(
    true,
  );
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(eventIdTime(ids[0]!)).toBe(1_700_000_000_000);
});

test('a clock that was once far ahead does not take the ids of later events with it', () => {
  const start = Date.parse('2026-11-20T12:00:00Z');
  let now = start;
  const next = createEventIds(() => now);
  now = start + 10 * 365 * 86_400_000;
  next();
  now = start + 1;
  expect(eventIdTime(next())).toBe(now);
  now -= 5000;
  expect(eventIdTime(next())).toBe(now + 5000);
});
