import { describe, expect, test } from 'vitest';
import { bindParameters, markParameters } from './bind-parameters.ts';

test.each([
  ['SELECT $1, $12', 'SELECT :p1, :p12'],
  ['$1::int', ':p1::int'],
  [`SELECT '$1', "$1", \`$1\`, $1`, `SELECT '$1', "$1", \`$1\`, :p1`],
  [`SELECT 'it''s $1' || $1`, `SELECT 'it''s $1' || :p1`],
  [`SELECT 'a\\'$1' || $1`, `SELECT 'a\\'$1' || :p1`],
  ['SELECT 1 -- $1\n, $1', 'SELECT 1 -- $1\n, :p1'],
  ['SELECT /* $1\n */ $1', 'SELECT /* $1\n */ :p1'],
  ['SELECT `a``$1`, $1', 'SELECT `a``$1`, :p1'],
])('%s', (text, expected) => {
  expect(markParameters(text)).toBe(expected);
});

describe('values', () => {
  test('go beside the text, each with its type', () => {
    expect(bindParameters(["x' OR true", 5, 2 ** 40, 1.5, true, null])).toEqual([
      { name: 'p1', type: 'STRING', value: "x' OR true" },
      { name: 'p2', type: 'INT', value: '5' },
      { name: 'p3', type: 'BIGINT', value: '1099511627776' },
      { name: 'p4', type: 'DOUBLE', value: '1.5' },
      { name: 'p5', type: 'BOOLEAN', value: 'true' },
      { name: 'p6', type: 'STRING' },
    ]);
  });

  test.each(['nul \0', 'half \ud83d'])('text that is none is refused: %j', (text) => {
    expect(() => bindParameters([text])).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s is a fault of ours', (value) => {
    expect(() => bindParameters([value])).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});
