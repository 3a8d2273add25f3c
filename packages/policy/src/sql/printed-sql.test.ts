import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { exposedColumns } from '../exposed-columns.ts';
import { policySchema } from '../schema.ts';
import { arbitraryPolicy } from '../testing/arbitrary-policy.ts';
import { normalRule, printedDecisions } from '../testing/printed-decisions.ts';
import { parseStatement } from '../testing/sql-tree.ts';
import { compileDatabricks } from './compile-databricks.ts';
import { compilePostgres, type EnginePolicy } from './compile-postgres.ts';
import { decisionTable, type GroupDecision } from '../testing/decision-table.ts';
import { columnTypes } from './column-types.ts';
import { accessRules } from './access-rules.ts';

const DEMO = policySchema.parse(
  parseYaml(readFileSync(new URL('../../../../infra/local/policy.yaml', import.meta.url), 'utf8')),
);

const columnsOf = (policy: EnginePolicy) =>
  Object.fromEntries(Object.keys(policy.data).map((relation) => [relation, exposedColumns(policy, relation)]));

async function databricksStatements(policy: EnginePolicy): Promise<readonly string[]> {
  const { sections } = await compileDatabricks(policy, { catalog: 'main' });
  return sections.flatMap(({ statements }) => statements);
}

async function postgresStatements(policy: EnginePolicy): Promise<readonly string[]> {
  const { objects } = await compilePostgres(policy);
  // A row policy only says a second time what the view says.
  return objects.filter(({ kind }) => kind !== 'row-policy').flatMap(({ statements }) => statements);
}

const ordered = (table: readonly GroupDecision[]) =>
  table.toSorted((a, b) => (`${a.relation} ${a.group}` < `${b.relation} ${b.group}` ? -1 : 1));

async function threeTables(policy: EnginePolicy) {
  const columns = columnsOf(policy);
  const policyTable = (await decisionTable(policy)).map((line) => ({ ...line, rows: normalRule(line.rows) }));
  return {
    policy: ordered(policyTable),
    databricks: ordered(
      printedDecisions({ dialect: 'databricks', statements: await databricksStatements(policy), columns }),
    ),
    postgres: ordered(
      printedDecisions({ dialect: 'postgresql', statements: await postgresStatements(policy), columns }),
    ),
  };
}

describe('the decision table read from the printed SQL', () => {
  test('is the same on Databricks, on Postgres and in the demo policy, for all groups and columns', async () => {
    const { policy, databricks, postgres } = await threeTables(DEMO);
    expect(databricks).toEqual(policy);
    expect(postgres).toEqual(policy);
    expect(databricks).toHaveLength(6 + 6 + 3);
    expect(databricks.filter(({ columns }) => columns['margin_pct'] === 'masked').map(({ group }) => group)).toEqual([
      'east_sales',
      'managers',
      'west_sales',
    ]);
  });

  test('is the same for any policy', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryPolicy, fc.boolean(), async (made, behindView) => {
        const policy = await typed(made, behindView);
        const { policy: expected, databricks, postgres } = await threeTables(policy);
        expect(databricks).toEqual(expected);
        expect(postgres).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test.each([
    [
      'another group in a row filter',
      "is_account_group_member('west_sales') AND",
      "is_account_group_member('managers') AND",
    ],
    ['another rule', "`region` = 'WEST'", "`region` <> 'WEST'"],
    ['a filter of other columns', 'ON (`region`)', 'ON (`stage`)'],
    [
      'a mask that one more group sees through',
      "is_account_group_member('finance') THEN",
      "is_account_group_member('managers') THEN",
    ],
    ['a mask on another column', 'ALTER COLUMN `margin_pct`', 'ALTER COLUMN `amount`'],
    ['a grant that is missing', 'GRANT SELECT ON TABLE `sales`.`deals` TO `managers`', 'SELECT 1'],
    [
      'a filter that is missing',
      'ALTER TABLE `sales`.`deals` SET ROW FILTER',
      'ALTER TABLE `sales`.`other` SET ROW FILTER',
    ],
  ])('shows %s', async (_, written, changed) => {
    const statements = await databricksStatements(DEMO);
    expect(statements.join('\n')).toContain(written);
    const tampered = statements.map((statement) => statement.replace(written, changed));
    const expected = (await threeTables(DEMO)).policy;
    const columns = columnsOf(DEMO);
    const read = (from: readonly string[]) => {
      try {
        return ordered(printedDecisions({ dialect: 'databricks', statements: from, columns }));
      } catch {
        return 'not read';
      }
    };
    expect(read(statements)).toEqual(expected);
    expect(read(tampered)).not.toEqual(expected);
  });
});

/** The types that Databricks wants to know, and sometimes a table of somebody else's behind the relation. */
async function typed(policy: EnginePolicy, behindView: boolean): Promise<EnginePolicy> {
  const rules = await accessRules(policy);
  const data = Object.fromEntries(
    rules.map((relation) => {
      const name = `${relation.schema}.${relation.relation}`;
      const columns = [...columnTypes(relation).keys(), ...relation.masks.map(({ column }) => column)];
      const types = Object.fromEntries(columns.map((column) => [column, relation.types[column] ?? 'STRING']));
      return [name, { ...policy.data[name]!, types, ...(behindView && { from: `theirs.${relation.relation}` }) }];
    }),
  );
  return { ...policy, data };
}

/**
 * Statements that the parser does not know, or knows only as words. For them the exact form of the documentation is written out here.
 * https://docs.databricks.com/aws/en/sql/language-manual/
 */
const NAME = '`(?:[^`]|``)+`';
const UNKNOWN_TO_THE_PARSER: readonly RegExp[] = [
  new RegExp(`^GRANT USE CATALOG ON CATALOG ${NAME} TO ${NAME}$`),
  new RegExp(`^GRANT USE CONNECTION ON CONNECTION ${NAME} TO ${NAME}$`),
  new RegExp(`^ALTER TABLE ${NAME}\\.${NAME} ALTER COLUMN ${NAME} SET MASK ${NAME}\\.${NAME}$`),
];
const KNOWN_AS_WORDS: readonly RegExp[] = [
  new RegExp(`^ALTER TABLE ${NAME}\\.${NAME} SET ROW FILTER ${NAME}\\.${NAME} ON \\((?:${NAME}(?:, ${NAME})*)?\\)$`),
  new RegExp(
    `^CREATE CONNECTION IF NOT EXISTS ${NAME} TYPE HTTP OPTIONS \\(\n(?:  \\w+ (?:'[^']*'|secret\\('[^']*', '[^']*'\\)),?\n)+\\)$`,
  ),
];
const KINDS = ['create_function', 'create_view', 'create_schema', 'grant', 'use'];

describe('each statement of the demo policy for Databricks', () => {
  test('is read by a parser of that dialect, or has the exact form of the documentation', async () => {
    const statements = await databricksStatements(DEMO);
    const read = statements.map((statement): string => {
      if (UNKNOWN_TO_THE_PARSER.some((form) => form.test(statement))) return 'exact form';
      const [kind = ''] = Object.keys(parseStatement(statement, 'databricks'));
      if (KINDS.includes(kind)) return kind;
      return KNOWN_AS_WORDS.some((form) => form.test(statement)) ? 'exact form' : `unread: ${statement}`;
    });
    expect(read.filter((kind) => kind.startsWith('unread'))).toEqual([]);
    expect(new Set(read)).toEqual(new Set([...KINDS, 'exact form']));
  });

  test.each([
    'GRANT SELECT ON TABEL `a`.`b` TO `c`',
    'CREATE OR REPLACE FUNCTION `a`.`b`( RETURNS BOOLEAN RETURN true',
    'SELEKT 1',
    'CREATE VIEW a AS SELECT FROM',
  ])('the parser refuses what is none: %s', (statement) => {
    expect(() => parseStatement(statement, 'databricks')).toThrow('not one statement');
  });
});
