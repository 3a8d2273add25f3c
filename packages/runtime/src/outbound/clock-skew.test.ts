import { expect, test } from 'vitest';
import { clockSkewMs } from './clock-skew.ts';

const NOON_MS = Date.parse('2026-11-20T12:00:00.000Z');
const exchanged = { sentAtMs: NOON_MS + 300, receivedAtMs: NOON_MS + 500 };

test.each([
  ['the second in which it was asked', { date: 'Fri, 20 Nov 2026 12:00:00 GMT' }, 0],
  ['a second that has just begun there', { date: 'Fri, 20 Nov 2026 12:00:01 GMT' }, 500],
  ['a minute ahead', { date: 'Fri, 20 Nov 2026 12:01:00 GMT' }, 59_500],
  ['a minute behind', { date: 'Fri, 20 Nov 2026 11:59:00 GMT' }, -59_300],
  ['a cache that says what was said a minute ago', { date: 'Fri, 20 Nov 2026 11:59:00 GMT', age: '60' }, 0],
  ['no date', {}, undefined],
  ['a date that is none', { date: 'soon' }, undefined],
])('%s', (_name, headers, skewMs) => {
  expect(clockSkewMs(headers, exchanged)).toBe(skewMs);
});
