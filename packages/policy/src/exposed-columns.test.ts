import { beforeAll, expect, test } from 'vitest';
import { exposedColumns } from './exposed-columns.ts';
import { parsePolicy } from './parse-policy.ts';
import type { Policy } from './schema.ts';
import { changedPolicy } from './testing/base-policy.ts';

let policy: Policy;

beforeAll(async () => {
  const text = changedPolicy([
    'masks:\n      margin_pct',
    'masks:\n      cost: { visibleTo: [chief] }\n      margin_pct',
  ]);
  ({ policy } = await parsePolicy(text, { file: 'p' }));
});

test('an explicit list is what is shown, in its order', () => {
  expect(exposedColumns(policy, 'docs.pages')).toEqual(['id', 'title', 'body', 'source']);
});

test('without a list, what datasets name and what is masked, by name', () => {
  const expected = [
    'amount',
    'closed_on',
    'cost',
    'customer',
    'id',
    'margin_pct',
    'product',
    'region',
    'rep_email',
    'stage',
  ];
  expect(exposedColumns(policy, 'sales.deals')).toEqual(expected);
});

test('a relation that is not governed shows nothing, whatever it is called', () => {
  for (const relation of ['sales.other', 'constructor', '__proto__'])
    expect(exposedColumns(policy, relation)).toEqual([]);
});
