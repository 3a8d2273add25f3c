import { expect, test } from 'vitest';
import { translate } from './translate.ts';

const text = (sql: string) => translate(sql, { catalog: 'lakehouse' }).text;

test.each([
  ['SELECT `a`, `b``c` FROM `sales`.`deals`', 'SELECT "a", "b`c" FROM "sales"."deals"'],
  ['SELECT `a"b`', 'SELECT "a""b"'],
  ['FROM `lakehouse`.`sales`.`deals` d', 'FROM "sales"."deals" d'],
  ['FROM lakehouse.sales.deals', 'FROM sales.deals'],
  ['FROM other.sales.deals', 'FROM other.sales.deals'],
  ['SELECT lakehouse.id FROM sales.lakehouse', 'SELECT lakehouse.id FROM sales.lakehouse'],
  ['SELECT x.lakehouse.sales.deals', 'SELECT x.lakehouse.sales.deals'],
  ['SELECT "it is text"', `SELECT 'it is text'`],
  [String.raw`SELECT 'it\'s', "say ""hi""", 'a\nb'`, `SELECT 'it''s', 'say "hi"', 'a\nb'`],
  [`SELECT 'a''b'`, `SELECT 'a''b'`],
  ['SELECT current_user() AS who, SESSION_USER()', 'SELECT current_user::text AS who, current_user::text'],
  ['SELECT current_user::text', 'SELECT current_user::text'],
  [
    `SELECT is_member('finance'), is_account_group_member('x')`,
    `SELECT causeway.is_member('finance'), causeway.is_member('x')`,
  ],
  [`SELECT causeway.is_member('finance')`, `SELECT causeway.is_member('finance')`],
  ['SELECT CAST(a AS STRING), b::double, c AS string FROM t', 'SELECT CAST(a AS text), b::float8, c AS string FROM t'],
  ['SELECT 1 -- :p1 `x`\n, 2 /* :p2 */', 'SELECT 1 -- :p1 `x`\n, 2 /* :p2 */'],
])('%s', (sql, expected) => {
  expect(text(sql)).toBe(expected);
});

test('markers are numbered as they come, each name once; a cast is none', () => {
  const { text: translated, markers } = translate(`SELECT :b::int, ':no', :a, :b`, { catalog: 'c' });
  expect(translated).toBe(`SELECT $1::int, ':no', $2, $1`);
  expect(markers).toEqual(['b', 'a']);
});
