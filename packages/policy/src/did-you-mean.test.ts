import { expect, test } from 'vitest';
import { didYouMean } from './did-you-mean.ts';

test.each([
  ['presedence', ['precedence', 'providers'], ' Did you mean "precedence"?'],
  ['audiance', ['audience', 'issuer'], ' Did you mean "audience"?'],
  ['SALES', ['sales'], ' Did you mean "sales"?'],
  [
    'genieQuestionsPerMinute',
    ['genieQueriesPerMinute', 'genieSharePerCaller'],
    ' Did you mean "genieQueriesPerMinute"?',
  ],
  ['boss', ['chief', 'sales'], ''],
  ['x', ['y'], ''],
  ['sales', ['sales'], ''],
  ['s'.repeat(100_000), ['sales'], ''],
])('%.20s among %j', (word, known, expected) => {
  expect(didYouMean(word, known)).toBe(expected);
});
