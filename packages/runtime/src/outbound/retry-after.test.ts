import { expect, test } from 'vitest';
import { parseRetryAfter } from './retry-after.ts';

const NOW = Date.parse('2026-08-01T12:00:00Z');

test.each([
  ['0', 0],
  ['7', 7000],
  [' 120 ', 120_000],
  ['Sat, 01 Aug 2026 12:00:30 GMT', 30_000],
  ['Saturday, 01-Aug-26 12:00:30 GMT', 30_000],
  ['Sat, 01 Aug 2026 11:00:00 GMT', 0],
])('%j means %d ms', (value, ms) => expect(parseRetryAfter(value, NOW)).toBe(ms));

test.each([undefined, '', '-1', '1.5', '1e3', '5s', 'soon', '2026-08-01', '9999999999', '1,2', 'Xyz, 99 Foo 2026 GMT'])(
  '%j says nothing',
  (value) => expect(parseRetryAfter(value, NOW)).toBeUndefined(),
);
