import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { policySchema } from '../schema.ts';
import { compileDatabricks } from './compile-databricks.ts';
import { compilePostgres, type EnginePolicy } from './compile-postgres.ts';
import { databricksIdentifier, databricksString } from './dialects.ts';
import { renderDatabricks } from './render-databricks.ts';

const DEMO = policySchema.parse(
  parseYaml(readFileSync(new URL('../../../../infra/local/policy.yaml', import.meta.url), 'utf8')),
);

function policy(relation: Partial<EnginePolicy['data'][string]>): EnginePolicy {
  return {
    roles: { reps: { principal: '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01', groups: [], scopes: [] } },
    tools: {},
    datasets: {},
    data: { 'sales.deals': { rows: { reps: 'all' }, columns: ['id'], masks: {}, ...relation } },
    connections: {},
  };
}

async function statementsOf(compiled: EnginePolicy): Promise<readonly string[]> {
  const { sections } = await compileDatabricks(compiled, { catalog: 'main' });
  return sections.flatMap(({ statements }) => statements);
}

describe('the demo policy', () => {
  test('filters rows by account group', async () => {
    const statements = await statementsOf(DEMO);
    expect(statements).toContain(
      `CREATE OR REPLACE FUNCTION \`sales\`.\`causeway_rows_deals\`(\`region\` STRING) RETURNS BOOLEAN
RETURN is_account_group_member('admin')
  OR (is_account_group_member('east_sales') AND (\`region\` = 'EAST'))
  OR is_account_group_member('executive')
  OR is_account_group_member('finance')
  OR is_account_group_member('managers')
  OR (is_account_group_member('west_sales') AND (\`region\` = 'WEST'))`,
    );
    expect(statements).toContain(
      'ALTER TABLE `sales`.`deals` SET ROW FILTER `sales`.`causeway_rows_deals` ON (`region`)',
    );
  });

  test('masks the margin in its own type', async () => {
    const statements = await statementsOf(DEMO);
    expect(statements).toContain(
      `CREATE OR REPLACE FUNCTION \`sales\`.\`causeway_mask_deals_margin_pct\`(\`value\` DECIMAL(5,2)) RETURNS DECIMAL(5,2)
RETURN CASE WHEN is_account_group_member('admin') OR is_account_group_member('executive') OR is_account_group_member('finance') THEN \`value\` END`,
    );
    expect(statements).toContain(
      'ALTER TABLE `sales`.`deals` ALTER COLUMN `margin_pct` SET MASK `sales`.`causeway_mask_deals_margin_pct`',
    );
  });

  test('locks a table before anyone is granted it', async () => {
    const statements = await statementsOf(DEMO);
    for (const table of ['`sales`.`deals`', '`knowledge`.`documents`']) {
      const filter = statements.findIndex((statement) => statement.startsWith(`ALTER TABLE ${table} SET ROW FILTER`));
      const grant = statements.findIndex((statement) => statement.startsWith(`GRANT SELECT ON TABLE ${table}`));
      expect(filter).toBeGreaterThan(-1);
      expect(grant).toBeGreaterThan(filter);
    }
  });

  test('reads the credential of a connection from a secret scope', async () => {
    expect(await statementsOf(DEMO)).toContain(`CREATE CONNECTION IF NOT EXISTS \`github\` TYPE HTTP OPTIONS (
  host 'https://127.0.0.1',
  port '8711',
  base_path '/github',
  bearer_token secret('causeway', 'github')
)`);
  });

  test('says last which policy it is, to every group', async () => {
    const { sections } = await compileDatabricks(DEMO, { catalog: 'main', digest: 'f00d' });
    const statements = sections.at(-1)?.statements ?? [];
    expect(statements).toContain(
      "CREATE OR REPLACE FUNCTION `causeway`.`policy_digest`() RETURNS STRING\nRETURN 'f00d'",
    );
    const granted = statements.filter((one) => one.startsWith('GRANT EXECUTE ON FUNCTION `causeway`.`policy_digest`'));
    expect(granted).toHaveLength(Object.keys(DEMO.roles).length);
  });

  test('gives each group on Databricks what it gives on Postgres', async () => {
    const { objects } = await compilePostgres(DEMO);
    const postgres = objects.flatMap((object) => {
      if (object.kind !== 'grant' || object.grantee.startsWith('causeway_')) return [];
      if (object.on.type === 'relation') return [`SELECT ${object.on.schema}.${object.on.relation} ${object.grantee}`];
      if (object.on.type === 'server') return [`USE CONNECTION ${object.on.server} ${object.grantee}`];
      const isTool = object.on.type === 'function' && /genie|supervisor/.test(object.on.function);
      return isTool && object.on.type === 'function'
        ? [`EXECUTE causeway.${object.on.function} ${object.grantee}`]
        : [];
    });
    const databricks = (await statementsOf(DEMO)).flatMap((statement) => {
      const [, privilege, name, group] =
        /^GRANT (SELECT|USE CONNECTION|EXECUTE) ON \w+ (\S+) TO (\S+)$/.exec(statement) ?? [];
      return privilege === undefined ? [] : [`${privilege} ${name} ${group}`.replaceAll('`', '')];
    });
    expect(databricks.toSorted()).toEqual(postgres.toSorted());
    expect(databricks).toHaveLength(12 + 3 + 4 + 8);
  });

  test('puts the audit trail behind a view, so that its writer meets no filter', async () => {
    const statements = await statementsOf(DEMO);
    const view =
      statements.find((statement) => statement.startsWith('CREATE OR REPLACE VIEW `audit`.`tool_calls` AS')) ?? '';
    expect(view).toContain("FROM `audit_base`.`tool_calls`\nWHERE is_account_group_member('admin')");
    expect(statements.filter((statement) => statement.includes('ROW FILTER')).join()).not.toContain('audit');
  });
});

describe('the type of a column', () => {
  test.each(["a = 'x'", "a IN ('x', 'y')", "a LIKE 'x%'", 'lower(a) = lower(caller.email)', "a <> 'x' AND a IS NULL"])(
    'is text where the rule shows it: %s',
    async (rule) => {
      const statements = await statementsOf(policy({ rows: { reps: rule } }));
      expect(statements.join('\n')).toContain('(`a` STRING) RETURNS BOOLEAN');
    },
  );

  test.each([
    "a < 'x'",
    'a = 1',
    'a = b',
    'a',
    "a BETWEEN '1' AND '2'",
    'a IS NULL',
    "a = 'x' AND a > 1",
    "a IN ('x', 1)",
  ])('must be given where a guess could change the rule: %s', async (rule) => {
    await expect(statementsOf(policy({ rows: { reps: rule } }))).rejects.toThrow('`types` must give the type of a');
  });

  test('is the one that the policy gives', async () => {
    const statements = await statementsOf(policy({ rows: { reps: 'a > 1' }, types: { a: 'INT' } }));
    expect(statements.join('\n')).toContain('(`a` INT) RETURNS BOOLEAN');
  });

  test('must be given for every mask', async () => {
    await expect(statementsOf(policy({ masks: { id: { visibleTo: ['reps'] } } }))).rejects.toThrow('the type of id');
  });
});

test('caller.email is nobody for a service principal, so that <> finds no row either, and the script says so', async () => {
  const compiled = await compileDatabricks(policy({ rows: { reps: 'a <> caller.email' }, types: { a: 'STRING' } }), {
    catalog: 'main',
  });
  const script = renderDatabricks(compiled);
  expect(script).toContain("`a` <> (CASE WHEN current_user() LIKE '%@%' THEN current_user() END)");
  expect(script).toMatch(/^-- The rows of sales\.deals use caller\.email/m);
});

test('a view over somebody else’s table masks in its own select, and needs no types', async () => {
  const relation = { from: 'theirs.deals', rows: { reps: 'a > 1' }, masks: { id: { visibleTo: ['reps'] } } };
  const view = (await statementsOf(policy(relation))).find((statement) => statement.includes('VIEW')) ?? '';
  expect(view).toBe(`CREATE OR REPLACE VIEW \`sales\`.\`deals\` AS
SELECT
  CASE WHEN is_account_group_member('reps') THEN \`id\` END AS \`id\`
FROM \`theirs\`.\`deals\`
WHERE (is_account_group_member('reps') AND (\`a\` > 1))`);
});

test('two functions of one name are refused', async () => {
  const relation = {
    rows: { reps: 'all' },
    columns: ['x_y', 'y'],
    masks: { x_y: { visibleTo: [] }, y: { visibleTo: [] } },
    types: { x_y: 'INT', y: 'INT' },
  };
  const data = { 'sales.a': relation, 'sales.a_x': relation };
  await expect(statementsOf({ ...policy({}), data })).rejects.toThrow('two functions are sales.causeway_mask_a_x_y');
});

describe('Databricks quoting', () => {
  test.each([
    ['plain', '`plain`'],
    ['a`b', '`a``b`'],
    ['select', '`select`'],
    ['a b"c\'d', '`a b"c\'d`'],
  ])('identifier %s', (name, expected) => {
    expect(databricksIdentifier(name)).toBe(expected);
  });

  test.each(['', 'a\nb', '${x}', '{{x}}', 'a\0b'])('refuses %j as an identifier', (name) => {
    expect(() => databricksIdentifier(name)).toThrow('cannot be a name');
  });

  test.each([
    ["it's", "'it\\'s'"],
    ['a\\b', "'a\\\\b'"],
    ["\\' OR 1=1 --", "'\\\\\\' OR 1=1 --'"],
    ['${x} {{y}}', "'\\u0024\\u007bx\\u007d \\u007b\\u007by\\u007d\\u007d'"],
    ['a\nb', "'a\\u000ab'"],
    ['größe 🗼', "'größe 🗼'"],
  ])('string %j', (text, expected) => {
    expect(databricksString(text)).toBe(expected);
  });
});
