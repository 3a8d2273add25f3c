import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parserOf } from './parse-value.ts';

const NUMERIC = 1700;
const INT8 = 20;

test('a decimal that becomes a number is the same decimal again', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).filter((digits) => digits !== 0n),
      fc.integer({ min: 0, max: 8 }),
      (digits, scale) => {
        const plain = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
        const text = `${digits < 0n ? '-' : ''}${plain.slice(0, plain.length - scale)}${scale > 0 ? `.${plain.slice(-scale)}` : ''}`;
        const value = parserOf(NUMERIC)(text);
        const again = typeof value === 'number' ? value.toFixed(scale) : value;
        expect(again).toBe(text);
      },
    ),
  );
});

test('an integer that becomes a number is the same integer again', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      expect(String(parserOf(INT8)(String(value)))).toBe(String(value));
    }),
  );
});

test('an amount as the demo has them is a number, and what a double cannot hold stays text', () => {
  expect(parserOf(NUMERIC)('123456.78')).toBe(123_456.78);
  expect(parserOf(NUMERIC)('9007199254740993')).toBe('9007199254740993');
  expect(parserOf(NUMERIC)('NaN')).toBe('NaN');
});
