import { expect, test } from 'vitest';
import { exactJson } from './exact-json.ts';

test.each([
  ['0', 0],
  ['0.1', 0.1],
  ['0.00000015', 1.5e-7],
  ['1000000000000000000000', 1e21],
  ['-1000000000000000000000', -1e21],
  ['9007199254740992', 2 ** 53],
  ['123456789012345680000', 123456789012345680000],
  [`17976931348623157${'0'.repeat(292)}`, Number.MAX_VALUE],
  [`0.${'0'.repeat(323)}5`, Number.MIN_VALUE],
])('%s, as a database writes it, is the number that was handed in', (text, value) => {
  expect(exactJson(`{"a":[${text}]}`)).toEqual({ a: [value] });
  expect(exactJson(JSON.stringify({ a: [value] }))).toEqual({ a: [value] });
});

test.each([
  '10.00000000000000000001',
  '9007199254740993',
  '123456789012345678901',
  `1${'0'.repeat(400)}`,
  `0.${'0'.repeat(399)}1`,
])('%s stays text', (text) => {
  expect(exactJson(`{"a":${text}}`)).toEqual({ a: text });
});

test('zeros at the end change nothing, and what is in a string is no number', () => {
  expect(exactJson('{"a":10.0000000000000000,"b":"9007199254740993"}')).toEqual({ a: 10, b: '9007199254740993' });
});
