import { expect } from 'vitest';
import type { McpWorld, Proof } from './mcp-world.ts';
import type { RequirementId } from './requirements.ts';

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
export const ALL = Object.keys(CALLS) as Tool[];
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
export const MATRIX = {
  west_sales: { tools: EVERYBODY, regions: ['WEST'], margin: false },
  east_sales: { tools: EVERYBODY, regions: ['EAST'], margin: false },
  managers: { tools: EVERYBODY, regions: REGIONS, margin: false },
  executive: { tools: ALL, regions: REGIONS, margin: true },
  finance: { tools: [...EVERYBODY, 'query_audit_log'], regions: REGIONS, margin: true },
  admin: { tools: ALL, regions: REGIONS, margin: true },
} as const satisfies Readonly<Record<string, Column>>;

export const PARTNERS = [
  ['wanda@northwind.example', 'west_sales', 'matrix-west-sales'],
  ['erik@northwind.example', 'east_sales', 'matrix-east-sales'],
  ['mona@fabrikam.example', 'managers', 'matrix-managers'],
  ['elena@contoso.example', 'executive', 'matrix-executive'],
  ['felix@fabrikam.example', 'finance', 'matrix-finance'],
  ['ada@contoso.example', 'admin', 'matrix-admin'],
] as const satisfies readonly (readonly [string, string, RequirementId])[];

/** Of the platform's own people: each has what their group has. */
export const OWN_PEOPLE = [
  ['olivia@causeway.example', 'finance'],
  ['omar@causeway.example', 'west_sales'],
] as const;

interface SalesRow {
  readonly region: string;
  readonly margin_pct: number | null;
}

/** Every tool, asked: what it does for this column, and no row, margin or tool more. */
export async function expectColumn(world: McpWorld, proof: Proof, { tools, regions, margin }: Column): Promise<void> {
  const asked = ALL.map(async (tool) => [tool, await world.call(proof, tool, CALLS[tool])] as const);
  const answers = new Map(await Promise.all(asked));
  for (const [tool, { status, code }] of answers) {
    expect([tool, status, code]).toEqual([tool, 200, tools.includes(tool) ? undefined : 'access_denied']);
  }
  const regionsOf = (tool: Tool) =>
    ((answers.get(tool)?.content ?? {})['rows'] as { readonly region: string }[]).map(({ region }) => region);
  expect(regionsOf('get_region_summary')).toEqual(regions);
  expect(regionsOf('genie_query').toSorted()).toEqual(regions);
  for (const region of REGIONS) {
    const { content } = await world.call(proof, 'query_sales_data', { region, limit: 100 });
    const rows = content['rows'] as SalesRow[];
    expect(rows.length > 0).toBe(regions.includes(region));
    expect(rows.every((row) => row.region === region && (row.margin_pct !== null) === margin)).toBe(true);
    expect(content['masked_columns']).toEqual(margin ? [] : ['margin_pct']);
  }
}
