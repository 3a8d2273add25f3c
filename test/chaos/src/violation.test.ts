import { expect, test } from 'vitest';
import { violationsText } from './violation.ts';

test('where nothing is broken there is nothing to say', () => {
  expect(violationsText('redis, seed 1', [])).toBe('');
});

test('the first line has the seed, how many there are and what the first one is; the evidence is below', () => {
  const found = { what: 'r1 has no row', evidence: ['mcp-1: {"request_id":"r1"}'] };
  expect(violationsText('redis, seed 1', [found, { what: 'other', evidence: [] }]).split('\n')).toEqual([
    'redis, seed 1: 2 broken promises, first: r1 has no row',
    '- r1 has no row',
    '    mcp-1: {"request_id":"r1"}',
    '- other',
  ]);
});
