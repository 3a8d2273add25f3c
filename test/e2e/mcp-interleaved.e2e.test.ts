import { freeStackPorts } from '@causeway/local/testing/stack-ports';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { callBody, callHeaders, McpWorld, type Proof } from './mcp-world.ts';
import { type Replica, send, startReplica } from './replica.ts';
import { requirement } from './requirement.ts';

vi.setConfig({ testTimeout: 240_000 });

const CALLS = 20_000;
const AT_ONCE = 32;

let world: McpWorld;
let second: Replica;
let secondPorts: { readonly mcp: number; readonly obo: number };
beforeAll(async () => {
  world = await McpWorld.start();
  const { mcp, obo } = await freeStackPorts();
  secondPorts = { mcp, obo };
  second = await startReplica({
    service: 'mcp',
    env: { ...world.environment, MCP_LISTEN: `127.0.0.1:${mcp}`, OBO_LISTEN: `127.0.0.1:${obo}` },
    isUp: async () => (await send(host(), { port: mcp, path: '/readyz' })).status === 200,
  });
});
afterAll(async () => {
  await second?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const host = () => new URL(world.url).host;

interface Person {
  readonly email: string;
  readonly regions: readonly string[];
  readonly margin: boolean;
  proof: Proof;
  conversation?: string;
}

const ALL = ['EAST', 'NORTH', 'SOUTH', 'WEST'];
const PEOPLE: readonly Omit<Person, 'proof'>[] = [
  { email: 'wanda@northwind.example', regions: ['WEST'], margin: false },
  { email: 'erik@northwind.example', regions: ['EAST'], margin: false },
  { email: 'mona@fabrikam.example', regions: ALL, margin: false },
  { email: 'felix@fabrikam.example', regions: ALL, margin: true },
  { email: 'elena@contoso.example', regions: ALL, margin: true },
  { email: 'ada@contoso.example', regions: ALL, margin: true },
  { email: 'olivia@causeway.example', regions: ALL, margin: true },
  { email: 'omar@causeway.example', regions: ['WEST'], margin: false },
];

type Content = Record<string, unknown>;

interface Question {
  readonly tool: string;
  readonly args: object;
  /** What is wrong with the answer, for this person. */
  readonly problem: (content: Content, person: Person) => string | undefined;
}

const foreignRegion = (rows: unknown, { regions }: Person) =>
  (rows as { region: string }[]).find(({ region }) => !regions.includes(region))?.region;

/** Some of everything, in an order that no two callers share. */
function questionOf(n: number, person: Person): Question {
  const kind = (Math.floor(n / PEOPLE.length) * 7) % 40;
  if (kind < 16) {
    return {
      tool: 'check_identity',
      args: {},
      problem: ({ human }) =>
        (human as { email: string }).email === person.email ? undefined : 'somebody else’s name',
    };
  }
  if (kind < 28) {
    return {
      tool: 'query_sales_data',
      args: { limit: 3 + (n % 5), order_by: n % 2 === 0 ? 'amount' : 'closed_on' },
      problem: ({ rows }) => {
        const isMargin = (rows as { margin_pct: number | null }[]).every(
          (row) => (row.margin_pct !== null) === person.margin,
        );
        return foreignRegion(rows, person) ?? (isMargin ? undefined : 'a margin');
      },
    };
  }
  if (kind < 39) return { tool: 'get_region_summary', args: {}, problem: ({ rows }) => foreignRegion(rows, person) };
  return genieQuestion(person);
}

function genieQuestion(person: Person): Question {
  const { conversation } = person;
  return {
    tool: 'genie_query',
    args:
      conversation === undefined
        ? { question: 'revenue by region' }
        : { question: 'by region', conversation_id: conversation },
    problem: ({ rows, conversation_id: handle }) => {
      person.conversation = String(handle);
      return foreignRegion(rows, person);
    },
  };
}

requirement(
  ['mcp-stateless', 'genie-handle-foreign', 'limits-per-caller'],
  'eight callers, two replicas, 20,000 interleaved calls: no foreign row, name or conversation',
  async () => {
    const people = await Promise.all(
      PEOPLE.map(async (person) => ({ ...person, proof: await world.proofOf(person.email) })),
    );
    const wrong: string[] = [];
    let refused = 0;
    let next = 0;
    const run = async () => {
      while (next < CALLS) {
        const n = next++;
        const person = people[n % people.length] as Person;
        const outcome = await askOnce(n, person);
        if (outcome === 'refused') refused += 1;
        else if (outcome !== undefined) wrong.push(`${person.email}: ${outcome}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, run));
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(refused / CALLS).toBeLessThan(0.01);
    expect(people.every(({ conversation }: Person) => conversation !== undefined)).toBe(true);
  },
);

async function askOnce(n: number, person: Person): Promise<string | undefined> {
  const { tool, args, problem } = questionOf(n, person);
  const isObo = 'x-forwarded-access-token' in person.proof.headers;
  const first = isObo ? world.ports.obo : world.ports.mcp;
  const port = n % 3 === 0 ? first : isObo ? secondPorts.obo : secondPorts.mcp;
  const headers = { ...person.proof.headers, ...callHeaders('tools/call', tool) };
  const { status, body } = await send(host(), {
    port,
    path: '/mcp',
    method: 'POST',
    headers,
    body: callBody('tools/call', { name: tool, arguments: args }),
  });
  const { result } = JSON.parse(body) as { result?: { structuredContent: Content; isError?: boolean } };
  if (result === undefined) return `HTTP ${status} ${body.slice(0, 200)}`;
  if (result.isError !== true) return problem(result.structuredContent, person);
  const { code } = result.structuredContent['error'] as { code: string };
  return code === 'rate_limited' ? 'refused' : code;
}
