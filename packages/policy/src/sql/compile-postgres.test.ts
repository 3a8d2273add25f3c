import { readFileSync } from 'node:fs';
import { loadModule, parsePlPgSQLSync, parseSync } from 'libpg-query';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { policySchema } from '../schema.ts';
import { compilePostgres, type EnginePolicy } from './compile-postgres.ts';
import { dropStatement } from './drop-statement.ts';
import type { GovernedObject, PostgresGovernance } from './postgres-governance.ts';
import { renderPostgres } from './render-postgres.ts';
import { humanRole } from './role-names.ts';

const DEMO = policySchema.parse(
  parseYaml(readFileSync(new URL('../../../../infra/local/policy.yaml', import.meta.url), 'utf8')),
);

const UUID = '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01';

function policy(change: Partial<EnginePolicy> = {}): EnginePolicy {
  return {
    roles: { reps: { principal: UUID, groups: [], scopes: [] } },
    tools: {},
    datasets: {},
    data: { 'sales.deals': { rows: { reps: 'all' }, columns: ['id'], masks: {} } },
    connections: {},
    ...change,
  };
}

const data = (relation: Partial<EnginePolicy['data'][string]>, name = 'sales.deals') => ({
  data: { [name]: { rows: { reps: 'all' }, columns: ['id'], masks: {}, ...relation } },
});

const textOf = ({ statements }: { readonly statements: readonly string[] } | undefined = { statements: [] }) =>
  statements.join(';\n');

const find = ({ objects }: PostgresGovernance, kind: GovernedObject['kind'], name: string) =>
  objects.find((object) => object.kind === kind && object.name === name);

const grants = ({ objects }: PostgresGovernance) =>
  objects.filter(({ kind }) => kind === 'grant').map(({ name }) => name);

beforeAll(loadModule);

/** Statement by statement, and the bodies of the anonymous blocks too. */
function expectGrammatical(statements: readonly string[]): void {
  for (const statement of statements) {
    expect(parseSync(statement).stmts, statement).toHaveLength(1);
    if (statement.startsWith('DO ')) {
      parsePlPgSQLSync(`CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS ${statement.slice('DO '.length)}`);
    }
  }
}

describe('the demo policy', () => {
  test('is grammatical, statement by statement, made and dropped', async () => {
    const { preamble, objects } = await compilePostgres(DEMO, { digest: 'd' });
    expectGrammatical([...preamble, ...objects.flatMap(({ statements }) => statements)]);
    expectGrammatical(objects.flatMap((object) => dropStatement(object) ?? []));
  });

  test('shows each group its rows, and the margin to three groups', async () => {
    const view = textOf(find(await compilePostgres(DEMO), 'view', 'sales.deals'));
    expect(view).toContain(`WHERE (SELECT causeway.is_member('admin'))
  OR ((SELECT causeway.is_member('east_sales')) AND ("region" = 'EAST'))
  OR (SELECT causeway.is_member('executive'))
  OR (SELECT causeway.is_member('finance'))
  OR (SELECT causeway.is_member('managers'))
  OR ((SELECT causeway.is_member('west_sales')) AND ("region" = 'WEST'))`);
    expect(view).toContain(
      `CASE WHEN (SELECT causeway.is_member('admin')) OR (SELECT causeway.is_member('executive')) OR (SELECT causeway.is_member('finance')) THEN "margin_pct" END AS "margin_pct"`,
    );
  });

  test('grants nothing to PUBLIC, and nothing to a principal or a human directly', async () => {
    const governance = await compilePostgres(DEMO);
    const callers = new Set(
      governance.objects.flatMap((object) =>
        object.kind === 'role' && (object.purpose === 'principal' || object.purpose === 'human') ? [object.role] : [],
      ),
    );
    expect(callers).toHaveLength(8);
    const grantees = governance.objects.flatMap((object) => (object.kind === 'grant' ? [object.grantee] : []));
    expect(grantees.filter((grantee) => callers.has(grantee) || grantee.toUpperCase() === 'PUBLIC')).toEqual([]);
    expect(renderPostgres(governance)).not.toMatch(/GRANT[^;]*TO PUBLIC/);
  });

  test('gives ask_supervisor and the connections to executive and admin alone', async () => {
    const all = grants(await compilePostgres(DEMO));
    const granted = (name: string) =>
      all.filter((grant) => grant.includes(name)).map((grant) => grant.split(' to ')[1]);
    expect(granted('function causeway.ask_supervisor')).toEqual(['executive', 'admin']);
    expect(granted('server github')).toEqual(['executive', 'admin']);
    expect(granted('function causeway.genie_query')).toHaveLength(6);
  });

  test('is compiled to the same statements every time', async () => {
    expect(await compilePostgres(DEMO)).toEqual(await compilePostgres(structuredClone(DEMO)));
  });

  test('has the same marks when keys and sets are written in another order', async () => {
    const reversed = <T>(record: Record<string, T>) => Object.fromEntries(Object.entries(record).toReversed());
    const turned = {
      ...DEMO,
      roles: reversed(DEMO.roles),
      data: reversed(
        Object.fromEntries(
          Object.entries(DEMO.data).map(([name, relation]) => [
            name,
            {
              ...relation,
              rows: reversed(relation.rows),
              masks: Object.fromEntries(
                Object.entries(relation.masks).map(([column, { visibleTo }]) => [
                  column,
                  { visibleTo: visibleTo.toReversed() },
                ]),
              ),
            },
          ]),
        ),
      ),
    };
    const marks = async (compiled: EnginePolicy) =>
      (await compilePostgres(compiled)).objects.map(({ kind, name, mark }) => `${kind} ${name} ${mark}`).toSorted();
    expect(await marks(turned)).toEqual(await marks(DEMO));
  });
});

describe('roles', () => {
  test('put principals and humans into their groups, and let the gateway only become them', async () => {
    const workspace = { ...DEMO.workspace!, humans: { 'Olivia@Causeway.example': ['finance', 'reps'] } };
    const { objects } = await compilePostgres(policy({ workspace }));
    const memberships = objects.flatMap((object) =>
      object.kind === 'membership' ? [[object.member, object.group, object.inherit]] : [],
    );
    expect(memberships).toEqual([
      [UUID, 'reps', true],
      ['olivia@causeway.example', 'finance', true],
      ['olivia@causeway.example', 'reps', true],
      ['causeway_gateway', UUID, false],
      ['causeway_gateway', 'olivia@causeway.example', false],
    ]);
  });

  test('may not log in, but for the gateway, which inherits nothing', async () => {
    const { objects } = await compilePostgres(DEMO);
    const roles = objects.filter((object) => object.kind === 'role');
    const login = roles.filter((role) => /(?<!NO)LOGIN/.test(textOf(role))).map(({ name }) => name);
    expect(login).toEqual(['causeway_gateway']);
    expect(textOf(roles.find(({ name }) => name === 'causeway_gateway'))).toContain('LOGIN NOINHERIT');
    for (const role of roles)
      expect(textOf(role)).toContain('NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS');
  });

  test('are named by a hash where Postgres would cut the e-mail', () => {
    const long = `${'a'.repeat(60)}@causeway.example`;
    expect(humanRole(long)).toMatch(/^human_[0-9a-f]{40}$/);
    expect(humanRole(long)).not.toBe(humanRole(`b${long}`));
    expect(humanRole(`${'é'.repeat(30)}@x`)).toBe(`${'é'.repeat(30)}@x`);
    expect(humanRole(`${'é'.repeat(31)}@x`)).toMatch(/^human_/);
  });

  test.each([
    [
      'two parties of one name',
      { workspace: { ...DEMO.workspace!, humans: { 'A@x.example': ['reps'], 'a@x.example': ['reps'] } } },
    ],
    [
      'a group named as Causeway’s own role',
      { roles: { causeway_views: { principal: UUID, groups: [], scopes: [] } } },
    ],
    ['a reserved name', { roles: { pg_monitor: { principal: UUID, groups: [], scopes: [] } } }],
    ['a role that is everybody', { roles: { public: { principal: UUID, groups: [], scopes: [] } } }],
  ])('are refused for %s', async (_, change) => {
    await expect(compilePostgres(policy(change))).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('cannot be database roles'),
    });
  });

  test('of a tool go to the group of the role’s own name, not to a group that others are in', async () => {
    const roles = {
      reps: { principal: UUID, groups: ['staff'], scopes: [] },
      boss: { principal: UUID.replace('6', '7'), groups: ['staff'], scopes: [] },
    };
    const all = grants(await compilePostgres(policy({ roles, tools: { ask_supervisor: ['boss'] } })));
    expect(all.filter((grant) => grant.includes('ask_supervisor'))).toEqual([
      'EXECUTE on function causeway.ask_supervisor to boss',
    ]);
  });
});

describe('a relation', () => {
  test('of ours is locked by a forced row policy, and its view may be merged into a query', async () => {
    const governance = await compilePostgres(policy(data({ rows: { reps: "region = 'WEST'" } })));
    const lock = textOf(find(governance, 'row-policy', 'sales_base.deals'));
    expect(lock).toContain('ALTER TABLE "sales_base"."deals" FORCE ROW LEVEL SECURITY');
    expect(lock).toContain(
      `FOR SELECT TO causeway_views USING (\n  ((SELECT causeway.is_member('reps')) AND ("region" = 'WEST'))\n)`,
    );
    expect(textOf(find(governance, 'view', 'sales.deals'))).toContain('security_barrier = false');
    expect(governance.prerequisites).toEqual([]);
    expect(textOf(find(governance, 'grant', 'SELECT on relation sales_base.deals to causeway_views'))).toBe(
      'GRANT SELECT ("id", "region") ON TABLE "sales_base"."deals" TO "causeway_views"',
    );
  });

  test('of somebody else is only read, behind a barrier, through a grant that its owner must give', async () => {
    const governance = await compilePostgres(
      policy(data({ from: 'crm.opportunities', rows: { reps: 'owner = caller.email' } })),
    );
    expect(governance.objects.filter(({ kind }) => kind === 'row-policy')).toEqual([]);
    expect(textOf(find(governance, 'view', 'sales.deals'))).toContain('security_barrier = true');
    const naming = governance.objects.filter((object) => textOf(object).includes('"crm"')).map(({ kind }) => kind);
    expect(naming).toEqual(['view']);
    expect(governance.prerequisites).toEqual([
      {
        schema: 'crm',
        relation: 'opportunities',
        columns: ['id', 'owner'],
        statements: ['GRANT SELECT ("id", "owner") ON TABLE "crm"."opportunities" TO causeway_views'],
      },
    ]);
    const schemas = governance.objects.filter(({ kind }) => kind === 'schema').map(({ name }) => name);
    expect(schemas).toEqual(['causeway', 'sales']);
  });

  test('without rows shows none, and a mask that nobody may lift shows nothing', async () => {
    const view = textOf(
      find(await compilePostgres(policy(data({ rows: {}, masks: { id: { visibleTo: [] } } }))), 'view', 'sales.deals'),
    );
    expect(view).toContain('CASE WHEN false THEN "id" END AS "id"');
    expect(view).toContain('WHERE false');
  });

  test('is granted to exactly the groups that have rows', async () => {
    const masks = { id: { visibleTo: ['auditors'] } };
    const all = grants(await compilePostgres(policy(data({ rows: { reps: 'all', staff: 'id = 1' }, masks }))));
    expect(all.filter((grant) => grant.startsWith('SELECT on relation sales.deals '))).toEqual([
      'SELECT on relation sales.deals to reps',
      'SELECT on relation sales.deals to staff',
    ]);
    expect(all.filter((grant) => grant.startsWith('USAGE on schema sales '))).toHaveLength(2);
  });

  test.each([
    [
      'no such rule',
      data({ rows: { reps: 'a = pg_sleep(1)' } }),
      'data.sales.deals.rows.reps: character 5: a function other than',
    ],
    ['no column at all', data({ columns: [] }), 'shows no column'],
    ['a system column', data({ columns: ['ctid'] }), '"ctid" is no column'],
    ['the row itself', data({ columns: ['governed_row'] }), '"governed_row" is no column'],
    ['a name that would be cut', data({ columns: ['é'.repeat(32)] }), 'is no column'],
    ['a mask of what it does not show', data({ masks: { secret: { visibleTo: [] } } }), 'masks "secret"'],
    ['a schema of Causeway’s', data({}, 'causeway.deals'), 'not for governed views'],
    ['a schema of the server’s', data({}, 'pg_catalog.deals'), 'not for governed views'],
    ['the audit trail without its table', data({}, 'audit.tool_calls'), 'say `from: audit_base.tool_calls`'],
    ['the audit trail over another table', data({ from: 'crm.calls' }, 'audit.tool_calls'), 'say `from: audit_base'],
    [
      'another relation in its schema',
      data({ from: 'audit_base.tool_calls' }, 'audit.calls'),
      'not for governed views',
    ],
    ['everybody’s schema', data({}, 'public.deals'), 'not for governed views'],
    ['a base schema that would be cut', data({}, `${'s'.repeat(60)}.deals`), 'more than 63 bytes'],
    ['itself as its table', data({ from: 'sales.deals' }), 'also the table behind'],
  ])('is refused for %s', async (_, change, message) => {
    await expect(compilePostgres(policy(change))).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(message),
    });
  });

  test('is refused with everything that is wrong, not with the first thing', async () => {
    const both = data({ rows: { reps: 'now() > a', staff: 'a @> b' }, columns: ['ctid'] });
    await expect(compilePostgres(policy(both))).rejects.toThrow(/reps[^]*staff[^]*ctid/);
  });
});

describe('names that are not plain', () => {
  const odd = [`a"b`, 'select', 'Größe €', "it's", '--', '/*', '$$', ';', 'a b', '1a', `'; DROP TABLE x; --`];
  const emails = ['o\'brien"x@causeway.example', 'a$$b@causeway.example'];
  const policyOfOddNames = policy({
    ...data(
      {
        columns: odd,
        masks: { select: { visibleTo: ['table'] }, [`a"b`]: { visibleTo: [] } },
        rows: { user: `"a""b" = 'it''s'` },
      },
      'Order.User',
    ),
    roles: { user: { principal: UUID, groups: ['table'], scopes: [] } },
    workspace: { ...DEMO.workspace!, humans: Object.fromEntries(emails.map((email) => [email, ['group']])) },
    connections: { ...DEMO.connections, order: { ...DEMO.connections['github']!, grants: ['table'] } },
    tools: { genie_query: ['user'] },
  });

  test('come back from the real grammar as they were', async () => {
    const governance = await compilePostgres(policyOfOddNames, { digest: "it's" });
    expectGrammatical(governance.objects.flatMap(({ statements }) => statements));
    expectGrammatical(governance.objects.flatMap((object) => dropStatement(object) ?? []));
    const [, , create] = find(governance, 'view', 'Order.User')?.statements ?? [];
    const tree = JSON.stringify(parseSync(create ?? ''));
    expect(tree).toContain('"schemaname":"Order","relname":"User"');
    for (const name of odd) expect(tree).toContain(`{"String":{"sval":${JSON.stringify(name)}}}`);
  });

  test('are the members that they should be', async () => {
    const { objects } = await compilePostgres(policyOfOddNames);
    const [membership] = objects.filter((object) => object.kind === 'membership' && object.member.startsWith("o'"));
    expect(textOf(membership)).toContain(`GRANT "group" TO "o''brien""x@causeway.example"`);
  });

  test('cannot end a comment of the script', () => {
    const prerequisite = { schema: 'a\nDROP', relation: 'b\u2028c', columns: [], statements: ['x\r\ny'] };
    const script = renderPostgres({ preamble: [], objects: [], prerequisites: [prerequisite] });
    expect(script).toContain('-- To be granted by the owner of a DROP.b c');
    expect(script).toContain('-- x  y;');
  });
});

test('everything that can carry a mark does, and another definition has another mark', async () => {
  const { objects } = await compilePostgres(DEMO, { digest: 'd' });
  const unmarked = objects.filter(({ mark }) => mark === undefined).map(({ kind }) => kind);
  expect(new Set(unmarked)).toEqual(new Set(['membership', 'grant', 'digest']));
  for (const { mark, statements } of objects) {
    expect(mark === undefined || statements.at(-1)?.endsWith(`IS '${mark}'`)).toBe(true);
  }
  const other = await compilePostgres({ ...DEMO, ...data({ rows: { finance: 'id = 1' } }) });
  expect(find(other, 'view', 'sales.deals')?.mark).not.toBe(
    objects.find(({ name, kind }) => kind === 'view' && name === 'sales.deals')?.mark,
  );
});
