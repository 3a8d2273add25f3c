import fc from 'fast-check';
import { loadModule, parsePlPgSQLSync, parseSync } from 'libpg-query';
import { beforeAll, expect, test } from 'vitest';
import { arbitraryPolicy } from '../testing/arbitrary-policy.ts';
import { compilePostgres, type EnginePolicy } from './compile-postgres.ts';
import { dropStatement } from './drop-statement.ts';
import { policyDialect } from './dialects.ts';
import { isRowColumn } from './reserved-names.ts';

beforeAll(() => loadModule());

async function statementsOf(policy: EnginePolicy): Promise<string[]> {
  const { preamble, objects, prerequisites } = await compilePostgres(policy, { digest: 'd' });
  return [
    ...preamble,
    ...objects.flatMap(({ statements }) => statements),
    ...objects.flatMap((object) => dropStatement(object) ?? []),
    ...prerequisites.flatMap(({ statements }) => statements),
  ];
}

/** By the grammar of Postgres itself; the bodies of anonymous blocks by PL/pgSQL's. */
function parsed(statement: string): unknown {
  const { stmts = [] } = parseSync(statement);
  expect(stmts, statement).toHaveLength(1);
  if (statement.startsWith('DO ')) {
    parsePlPgSQLSync(`CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS ${statement.slice('DO '.length)}`);
  }
  return stmts[0]?.stmt;
}

test('any policy is one statement after the other, by the real grammar', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryPolicy, async (policy) => {
      for (const statement of await statementsOf(policy)) parsed(statement);
    }),
    { numRuns: 15 },
  );
}, 60_000);

/** What breaks quoting, and words of the language. */
const hostile = fc
  .oneof(
    fc.string({ unit: fc.constantFrom("'", '"', '$', ';', '-', '/', '*', '(', ')', ' ', 'ü', 'x'), maxLength: 20 }),
    fc.constantFrom(
      'a" FROM pg_authid --',
      `"; DROP TABLE x; --`,
      `$$; SELECT 1; $$`,
      'SELECT 1',
      `' OR true --`,
      '*/ 1 /*',
    ),
  )
  // So odd that it cannot be a name of ours.
  .filter((name) => /[^a-z_]/.test(name) && name.trim() === name && name.length > 1 && isRowColumn(name));

const names = fc.uniqueArray(hostile, { minLength: 3, maxLength: 6 });
const relation = fc.constantFrom('Order.User', 'select.table', 'a.b', 'Public1.GRANT');

interface Named {
  readonly columns: readonly string[];
  readonly relation: string;
  readonly from: string | undefined;
  readonly text: string;
}

/** One relation with these names: the first column is masked, the second and a text decide about rows. */
function policyWith({ columns, relation: name, from, text }: Named): EnginePolicy {
  const [masked = '', compared = ''] = columns;
  const rule = `${policyDialect.identifier(compared)} = ${policyDialect.string(text)}`;
  const rows = { reps: rule, staff: 'all' };
  const masks = { [masked]: { visibleTo: ['staff'] } };
  return {
    roles: { reps: { principal: '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01', groups: ['staff'], scopes: [] } },
    tools: { query_sales_data: ['reps'] },
    datasets: {},
    data: { [name]: { rows, columns: [...columns], masks, ...(from !== undefined && { from }) } },
    connections: {},
  };
}

/** The tree with other names in it, without what depends on how long they are: places, bodies, fingerprints. */
function shape(node: unknown, renamed: ReadonlyMap<string, string>): unknown {
  if (typeof node === 'string') {
    if (/^causeway: [0-9a-f]+$/.test(node)) return 'a mark';
    return node.includes('BEGIN') ? 'a body' : (renamed.get(node) ?? node);
  }
  if (Array.isArray(node)) return node.map((part) => shape(part, renamed));
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).filter(([key]) => !/location$|_len$/.test(key));
  return Object.fromEntries(entries.map(([key, part]) => [key, shape(part, renamed)]));
}

test('whatever columns and texts are called, the statements are those of plain names', async () => {
  await fc.assert(
    fc.asyncProperty(
      names,
      relation,
      fc.constantFrom(undefined, 'theirs.Table', 'user.Order'),
      async (made, name, from) => {
        const sorted = made.toSorted((a, b) => (a < b ? -1 : 1));
        const plain = new Map(sorted.map((one, n) => [one, `plain_${n}`]));
        const [text = '', ...columns] = made;
        const here: Named = { columns, relation: name, from, text };
        const there: Named = {
          ...here,
          columns: columns.map((one) => plain.get(one) ?? ''),
          text: plain.get(text) ?? '',
        };
        const statements = await statementsOf(policyWith(here));
        const expected = await statementsOf(policyWith(there));
        expect(statements.map((statement) => shape(parsed(statement), plain))).toEqual(
          expected.map((statement) => shape(parsed(statement), plain)),
        );
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);
