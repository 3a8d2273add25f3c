import { expect, test } from 'vitest';

import { parseSearchQuery, scoreText } from './search-query.ts';

test('words, phrases and qualifiers are told apart', () => {
  const { terms, qualifiers } = parseSearchQuery('Route "Lunch break" language:TypeScript label:"Good first"');
  expect(terms).toEqual(['route', 'lunch break']);
  expect([...qualifiers]).toEqual([
    ['language', 'typescript'],
    ['label', 'good first'],
  ]);
});

test('every term must occur; more occurrences count more', () => {
  expect(scoreText(['route', 'ferry'], 'a route')).toBe(0);
  expect(scoreText(['route'], 'Route by route')).toBeGreaterThan(scoreText(['route'], 'one route'));
  expect(scoreText([], 'anything')).toBeGreaterThan(0);
});
