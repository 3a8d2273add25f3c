import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { REGIONS, sampleDeals } from './deals.ts';
import { sampleDocuments } from './documents.ts';

const deals = sampleDeals();
const documents = sampleDocuments();
const distinct = (values: readonly unknown[]) => new Set(values).size;

// A pin: tools, tests and pages of the docs quote these figures.
test('the sample is the same on every machine', () => {
  expect(hash('sha256', JSON.stringify([deals, documents])).slice(0, 16)).toMatchInlineSnapshot(`"a8366f02f5c628fb"`);
});

test('the deals have what the tools ask for', () => {
  expect(deals).toHaveLength(5000);
  expect(new Set(deals.map(({ region }) => region))).toEqual(new Set(REGIONS));
  expect(distinct(deals.map(({ customer }) => customer))).toBe(60);
  expect(distinct(deals.map(({ product }) => product))).toBe(12);
  expect(distinct(deals.map(({ stage }) => stage))).toBe(5);
  expect(deals.every(({ margin_pct, amount }) => margin_pct > 0 && amount > 0)).toBe(true);
  expect(deals.some(({ region, rep_email }) => region === 'WEST' && rep_email === 'wanda@northwind.example')).toBe(
    true,
  );
  expect(deals.some(({ region, rep_email }) => region === 'EAST' && rep_email === 'erik@northwind.example')).toBe(true);
});

test('a representative and a customer belong to one region', () => {
  const pairs = distinct(deals.map(({ region, rep_email }) => `${region} ${rep_email}`));
  expect(pairs).toBe(distinct(deals.map(({ rep_email }) => rep_email)));
  expect(distinct(deals.map(({ region, customer }) => `${region} ${customer}`))).toBe(60);
});

test('the pages are as many as promised, each with an id of its own, some of them restricted', () => {
  expect(documents.length).toBeGreaterThanOrEqual(60);
  expect(distinct(documents.map(({ id }) => id))).toBe(documents.length);
  expect(documents.every(({ body }) => body.length > 100)).toBe(true);
  expect(new Set(documents.map(({ audience }) => audience))).toEqual(
    new Set(['everyone', 'managers', 'finance', 'executive']),
  );
});
