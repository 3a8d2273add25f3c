import { describe, expect, test } from 'vitest';
import { parseSemanticModel } from './model/parse-semantic-model.ts';
import { readingOf } from './reading.ts';
import { demoModel, questionReader } from './testing/read-question.ts';

const model = demoModel();
const read = questionReader(model);

function told(question: string, previous?: string): string {
  const before = previous === undefined ? undefined : read(previous);
  const meant = read(question, before?.kind === 'plan' ? before.plan : undefined);
  const relation = meant.kind === 'plan' ? model.relations[meant.plan.relation] : undefined;
  if (meant.kind !== 'plan' || relation === undefined)
    return `${meant.kind}: ${meant.kind === 'plan' ? '' : meant.text}`;
  return [...meant.corrections, readingOf(meant.plan, relation)].join(' ');
}

test('says what it understood', () => {
  expect(told('top 5 customers by revenue in WEST last quarter')).toBe(
    'Revenue by customer, where region is WEST and closed from 2026-07-01 to 2026-09-30; sorted by revenue, highest first; the first 5.',
  );
  expect(told('revnue by regoin')).toBe(
    'I read "revnue" as "revenue". I read "regoin" as "region". Revenue by region; sorted by revenue, highest first.',
  );
});

describe('a word that means two things', () => {
  const two = parseSemanticModel(`version: 1
relations:
  orders:
    relation: shop.orders
    one: order
    many: orders
    key: id
    list: [area, brand]
    dimensions:
      area: { column: area, values: { W: [west], E: [east] } }
      brand: { column: brand, values: { West: [west], North: [north] } }
      buyer: { column: buyer, lookup: true }
      maker: { column: maker, lookup: true }
`);
  const ask = questionReader(two, [
    { dimension: 'buyer', value: 'Harbor Foods' },
    { dimension: 'maker', value: 'Harbor Tools' },
  ]);

  test('is asked about, whether the model knows it or a lookup found it', () => {
    expect(ask('orders in west')).toMatchObject({
      kind: 'clarification',
      text: expect.stringContaining('area W or brand West'),
    });
    expect(ask('orders of harbor')).toMatchObject({
      kind: 'clarification',
      text: expect.stringContaining('buyer Harbor Foods or maker Harbor Tools'),
    });
  });

  test('is not, when the question says which', () => {
    expect(ask('orders with brand west')).toMatchObject({
      plan: { values: [{ dimension: 'brand', values: ['West'] }] },
    });
    expect(ask('orders of buyer harbor')).toMatchObject({
      plan: { values: [{ dimension: 'buyer', values: ['Harbor Foods'] }] },
    });
    expect(ask('orders of Harbor Tools')).toMatchObject({ plan: { values: [{ dimension: 'maker' }] } });
  });
});

test('a word of more values than anybody means is no condition', () => {
  expect(told('northwind revenue')).toContain('"northwind"');
});

test('a follow-up that asks for something of its own begins anew', () => {
  expect(told('how many deals', 'revenue in WEST')).toBe('Number of deals.');
  expect(told('by month', 'revenue in WEST')).toBe('Revenue by month, where region is WEST; in order of month.');
  expect(told('documents by source', 'revenue in WEST')).toMatch(/^Number of documents by source/);
  expect(told('start over: by month', 'average margin in WEST')).toBe('Revenue by month; in order of month.');
});

test('the same question on another day means other days', () => {
  expect(told('revenue yesterday')).toBe('Revenue, where closed on 2026-10-14.');
});

test('too many conditions are refused, not cut', () => {
  const names = Array.from({ length: 12 }, (_, index) => `and not ${['WEST', 'EAST', 'won', 'lost'][index % 4]}`).join(
    ' ',
  );
  expect(told(`revenue between 1 and 2 ${names}`)).toMatch(/Revenue|clarification/);
  expect(told('revenue by region, stage, customer, rep')).toMatch(/clarification: .*more at once/);
});
