import { expect, test } from 'vitest';
import { cellParser } from './parse-cell.ts';

test.each([
  ['INT', '5', 5],
  ['LONG', '9007199254740993', '9007199254740993'],
  ['DECIMAL', '12.34', 12.34],
  ['DECIMAL', '-0.50', -0.5],
  ['DECIMAL', '12345678901234567.89', '12345678901234567.89'],
  ['DOUBLE', '1.5E10', 1.5e10],
  ['DOUBLE', 'NaN', 'NaN'],
  ['BOOLEAN', 'true', true],
  ['BOOLEAN', 'false', false],
  // What is not the text of the type stays text, and the declared row refuses it.
  ['BOOLEAN', '1', '1'],
  ['INT', '', ''],
  ['INT', '0x10', '0x10'],
  ['DOUBLE', ' ', ' '],
  ['DOUBLE', '-1.5e-7', -1.5e-7],
  ['DOUBLE', '1e999', '1e999'],
  ['DECIMAL', 'NaN', 'NaN'],
  ['DATE', '2026-01-31', '2026-01-31'],
  ['TIMESTAMP', '2026-01-31T10:00:00.000Z', '2026-01-31T10:00:00.000Z'],
  ['TIMESTAMP', '2026-01-31 10:00:00', '2026-01-31T10:00:00'],
  ['ARRAY', '["a","b"]', ['a', 'b']],
  ['STRUCT', '{"a":1}', { a: 1 }],
  ['VARIANT', 'no json', 'no json'],
  ['STRING', '5', '5'],
  ['A_TYPE_OF_TOMORROW', '5', '5'],
])('%s %s', (type, text, expected) => {
  expect(cellParser(type)(text)).toEqual(expected);
});
