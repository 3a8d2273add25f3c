import { expect, test } from 'vitest';
import { demoModel } from '../testing/read-question.ts';
import { guardStatement } from './guard-statement.ts';

const model = demoModel();

test('what the writer writes passes', async () => {
  const text = 'SELECT "region", sum("amount") FROM "sales"."deals" WHERE "stage" IN ($1) GROUP BY 1 LIMIT $2::bigint';
  await expect(guardStatement(text, model)).resolves.toBeUndefined();
});

test.for([
  ['two statements', 'SELECT 1 FROM sales.deals; SELECT 2 FROM sales.deals'],
  ['no SELECT', 'DELETE FROM sales.deals'],
  ['a table that is not of the model', 'SELECT 1 FROM sales_base.deals'],
  ['a table of another database', 'SELECT 1 FROM other.sales.deals'],
  ['a table without its schema', 'SELECT 1 FROM deals'],
  ['the catalog', 'SELECT 1 FROM pg_catalog.pg_authid'],
  ['a function that is not on the list', "SELECT set_config('role', 'x', true) FROM sales.deals"],
  ['a function of another schema', 'SELECT public.sum(amount) FROM sales.deals'],
  ['query_to_xml', "SELECT query_to_xml('SELECT 1', true, true, '') FROM sales.deals"],
  ['a subquery as a value', 'SELECT (SELECT max(margin_pct) FROM sales.deals) FROM sales.deals'],
  ['a WITH', 'WITH x AS (SELECT 1) SELECT 1 FROM sales.deals'],
  ['a UNION', 'SELECT 1 FROM sales.deals UNION SELECT 2 FROM sales.deals'],
  ['a lock', 'SELECT 1 FROM sales.deals FOR UPDATE'],
  ['a table made of it', 'SELECT 1 INTO x FROM sales.deals'],
  ['VALUES', 'VALUES (1)'],
  ['a join', 'SELECT 1 FROM sales.deals JOIN knowledge.documents ON true'],
  ['a function as a table', 'SELECT 1 FROM pg_ls_dir($1)'],
  ['another operator', 'SELECT amount || amount FROM sales.deals'],
  ['an operator of another schema', 'SELECT amount OPERATOR(public.=) 1 FROM sales.deals'],
  ['a pattern', "SELECT 1 FROM sales.deals WHERE customer LIKE '%'"],
  ['a type that looks something up', "SELECT 'sales_base.deals'::regclass FROM sales.deals"],
  ['the current user', 'SELECT current_user FROM sales.deals'],
] as const)('%s does not', async ([, text]) => {
  await expect(guardStatement(text, model)).rejects.toMatchObject({ code: 'internal' });
});
