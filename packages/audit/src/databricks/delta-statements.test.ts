import { Dialect, parse } from '@polyglot-sql/sdk';
import { expect, test } from 'vitest';
import { createRecords } from '../testing/test-trail.ts';
import { CHAIN_START } from '../record/canonical.ts';
import { deltaTrailRows } from './delta-trail-rows.ts';
import { countNumbers, mergeDeadLetters, mergeRows, selectPlaces, selectPosition } from './delta-statements.ts';
import { retainDelta } from './retain-delta.ts';
import type { SqlStatements, WarehouseStatement } from './sql-statements.ts';

const BASE = '`main`.`audit_base`';

function chained(count: number) {
  const records = createRecords().many(count);
  const place = { month: '2026-11', chain: 'main', prevHash: CHAIN_START, hash: CHAIN_START };
  return records.map((record, at) => ({ record, ...place, chainSeq: at + 7 }));
}

/** Every statement that is ever sent: those of a batch, of verify and of retention. */
async function everyStatement(): Promise<readonly WarehouseStatement[]> {
  const sent: WarehouseStatement[] = [];
  const row = { month: '2024-01', chain: 'main', chain_seq: '1', hash: 'ff', event_id: 'x' };
  const statements: SqlStatements = {
    run: async (statement) => {
      sent.push(statement);
      return statement.name.startsWith('audit r') || statement.name === 'audit months' ? [row] : [];
    },
    ping: async () => undefined,
    close: async () => undefined,
  };
  const trail = deltaTrailRows(statements, BASE);
  await trail.chains();
  for (const after of [undefined, 5]) for await (const one of trail.rows('main', after)) expect(one.chain).toBe('main');
  await retainDelta({ statements, base: BASE, months: 1, keepCheckpoint: async () => undefined });
  const rows = chained(2);
  return [
    ...sent,
    mergeRows(BASE, rows),
    mergeDeadLetters(BASE, []),
    selectPlaces(BASE, ['a']),
    selectPosition(BASE, 'main'),
    countNumbers(BASE, { chain: 'main', from: 1, to: 2 }),
  ];
}

test('each statement is Databricks SQL, and each marker in it has a value', async () => {
  const statements = await everyStatement();
  expect(new Set(statements.map(({ name }) => name)).size).toBeGreaterThan(9);
  for (const { name, text, values } of statements) {
    const { success, error } = parse(text, Dialect.Databricks);
    expect(success, `${name}: ${error}\n${text}`).toBe(true);
    const markers = new Set([...text.matchAll(/(?<![:\w]):([a-z_]+)/g)].map(([, marker]) => marker));
    expect(markers, name).toEqual(new Set(Object.keys(values)));
  }
});

test('what came from outside is in values, and in no text', async () => {
  const [first, second] = [mergeRows(BASE, chained(1)), mergeRows(BASE, chained(3))];
  expect(second.text).toBe(first.text);
  expect(second.values).toMatchObject({ chain: 'main', first_seq: 7 });
  expect(first.text).not.toMatch(/wanda|019[0-9a-f]/);
});
