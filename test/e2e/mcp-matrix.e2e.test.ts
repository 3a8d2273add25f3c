import { afterAll, beforeAll, describe, expect } from 'vitest';
import { McpWorld, type Proof } from './mcp-world.ts';
import { requirement } from './requirement.ts';
import type { RequirementId } from './requirements.ts';

// Made in `beforeAll`, because listing the tests loads this file too.
let world: McpWorld;
beforeAll(async () => {
  world = await McpWorld.start();
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** Every tool with something to ask it, in the order in which they are listed. */
const CALLS = {
  check_identity: {},
  get_region_summary: {},
  query_sales_data: { limit: 100 },
  genie_query: { question: 'revenue by region' },
  query_knowledge_base: { query: 'discount' },
  query_audit_log: { limit: 5 },
  ask_supervisor: { question: 'revenue by region' },
  github_search: { query: 'harbor', kind: 'repositories' },
  external_api_call: { connection: 'orders', method: 'GET', path: '/orders' },
} as const;

type Tool = keyof typeof CALLS;
const ALL = Object.keys(CALLS) as Tool[];
const EVERYBODY: readonly Tool[] = [
  'check_identity',
  'get_region_summary',
  'query_sales_data',
  'genie_query',
  'query_knowledge_base',
];

interface Column {
  readonly tools: readonly Tool[];
  readonly regions: readonly string[];
  readonly margin: boolean;
}

const REGIONS = ['EAST', 'NORTH', 'SOUTH', 'WEST'];

/** The contract's matrix, written out by hand: the test must not believe the policy. */
const MATRIX: Readonly<Record<string, Column>> = {
  west_sales: { tools: EVERYBODY, regions: ['WEST'], margin: false },
  east_sales: { tools: EVERYBODY, regions: ['EAST'], margin: false },
  managers: { tools: EVERYBODY, regions: REGIONS, margin: false },
  executive: { tools: ALL, regions: REGIONS, margin: true },
  finance: { tools: [...EVERYBODY, 'query_audit_log'], regions: REGIONS, margin: true },
  admin: { tools: ALL, regions: REGIONS, margin: true },
};

const PEOPLE = [
  ['wanda@northwind.example', 'west_sales', 'matrix-west-sales'],
  ['erik@northwind.example', 'east_sales', 'matrix-east-sales'],
  ['mona@fabrikam.example', 'managers', 'matrix-managers'],
  ['elena@contoso.example', 'executive', 'matrix-executive'],
  ['felix@fabrikam.example', 'finance', 'matrix-finance'],
  ['ada@contoso.example', 'admin', 'matrix-admin'],
] as const satisfies readonly (readonly [string, string, RequirementId])[];

interface SalesRow {
  readonly region: string;
  readonly margin_pct: number | null;
}

/** Every tool, asked: what it does for this column, and no row, margin or tool more. */
async function expectColumn(proof: Proof, { tools, regions, margin }: Column): Promise<void> {
  for (const [tool, args] of Object.entries(CALLS)) {
    const { status, code } = await world.call(proof, tool, args);
    const expected = tools.includes(tool as Tool) ? undefined : 'access_denied';
    expect([tool, status, code]).toEqual([tool, 200, expected]);
  }
  const summary = (await world.call(proof, 'get_region_summary')).content['rows'] as { region: string }[];
  expect(summary.map(({ region }) => region)).toEqual(regions);
  for (const region of REGIONS) {
    const { content } = await world.call(proof, 'query_sales_data', { region, limit: 100 });
    const rows = content['rows'] as SalesRow[];
    expect(rows.length > 0).toBe(regions.includes(region));
    expect(rows.every((row) => row.region === region && (row.margin_pct !== null) === margin)).toBe(true);
    expect(content['masked_columns']).toEqual(margin ? [] : ['margin_pct']);
  }
  const { content } = await world.call(proof, 'genie_query', { question: 'revenue by region' });
  expect((content['rows'] as { region: string }[]).map(({ region }) => region).toSorted()).toEqual(regions);
}

describe('the matrix, through real tokens', () => {
  for (const [email, role, id] of PEOPLE) {
    requirement([id, 'denied-tool'], `${email} may call exactly the column of ${role}`, async () => {
      await expectColumn(await world.proofOf(email), MATRIX[role] as Column);
    });

    requirement(
      ['denied-tool-not-listed', 'list-follows-role'],
      `${email} is shown what ${role} may call`,
      async () => {
        const proof = await world.proofOf(email);
        expect(await world.list(proof)).toEqual(ALL.filter((tool) => MATRIX[role]?.tools.includes(tool)));
        const { content } = await world.call(proof, 'check_identity');
        expect(content['allowed_tools']).toEqual(await world.list(proof));
      },
    );
  }
});

describe('on behalf of the platform’s own people', () => {
  for (const [email, group] of [
    ['olivia@causeway.example', 'finance'],
    ['omar@causeway.example', 'west_sales'],
  ] as const) {
    requirement('obo-all-listed', `${email} is shown all nine tools`, async () => {
      expect(await world.list(await world.proofOf(email))).toEqual(ALL);
    });

    requirement(
      ['obo-engine-decides', 'obo-equals-matrix', 'engine-object-per-tool'],
      `${email} gets what ${group} gets`,
      async () => {
        await expectColumn(await world.proofOf(email), MATRIX[group] as Column);
      },
    );
  }
});

describe('agents', () => {
  requirement('matrix-executive', 'the supervisor alone is its role', async () => {
    const proof = world.bearer(await world.agentAlone());
    await expectColumn(proof, MATRIX['executive'] as Column);
    const { content } = await world.call(proof, 'check_identity');
    expect(content).toMatchObject({ pattern: 'm2m', human: null, agent: { id: 'supervisor' } });
  });

  requirement('matrix-west-sales', 'the supervisor for wanda is never more than wanda', async () => {
    world.editPolicy((text) => text.replace('    role: executive\n', '    role: executive\n    consent: admin\n'));
    const ask = () => world.agentFor('wanda@northwind.example').catch(() => 'not yet');
    await expect.poll(ask, { timeout: 5000 }).not.toBe('not yet');
    const token = await ask();
    const proof = world.bearer(token);
    await expectColumn(proof, MATRIX['west_sales'] as Column);
    const { content } = await world.call(proof, 'check_identity');
    expect(content).toMatchObject({ human: { email: 'wanda@northwind.example' }, agent: { id: 'supervisor' } });
  });
});

describe('scopes', () => {
  requirement(
    ['scope-step-up', 'list-follows-role'],
    'a token with fewer scopes is asked to come back with more',
    async () => {
      const token = await world.exchange(await world.signIn('elena@contoso.example'), { scope: 'sql' });
      const proof = world.bearer(token);
      const { status, challenge } = await world.call(proof, 'query_audit_log');
      expect(status).toBe(403);
      expect(challenge).toContain('error="insufficient_scope", scope="audit"');
      expect(await world.list(proof)).toEqual(ALL);
      expect((await world.call(proof, 'get_region_summary')).code).toBeUndefined();
    },
  );

  requirement('role-before-scope', 'what the role may not is denied, whatever the scopes', async () => {
    const token = await world.exchange(await world.signIn('wanda@northwind.example'), { scope: 'sql' });
    expect(await world.call(world.bearer(token), 'query_audit_log')).toMatchObject({
      status: 200,
      code: 'access_denied',
    });
  });
});
