import { expect, test } from 'vitest';

import { nearestName } from './nearest-name.ts';

const NAMES = ['policy check', 'policy explain', 'dev token', 'db apply'];

test.each([
  ['dev tokn', 'dev token'],
  ['policy chekc', 'policy check'],
  ['policy', undefined],
  ['dbapply', 'db apply'],
  ['xyz', undefined],
  ['', undefined],
])('%j was probably meant as %s', (typed, meant) => {
  expect(nearestName(typed, NAMES)).toBe(meant);
});

test('among no names there is none', () => {
  expect(nearestName('x', [])).toBeUndefined();
});
