import { type Caller, SCOPES } from '@causeway/core';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { accessOfRole } from './access.ts';
import { decideTool, toolsOf } from './decide-tool.ts';
import { parsePolicy } from './parse-policy.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { Policy } from './schema.ts';
import { scopesOf } from './standing.ts';
import { arbitraryPolicy } from './testing/arbitrary-policy.ts';
import { agentAlone, humanWith, workspaceHuman } from './testing/callers.ts';
import { demoPolicyText } from './testing/demo-policy.ts';
import { type ToolName, TOOLS } from './tools.ts';

let demo: PolicyDocument;

beforeAll(async () => {
  demo = await parsePolicy(demoPolicyText(), { file: 'policy.yaml' });
});

const withPolicy = (policy: Policy): PolicyDocument => ({ ...demo, policy });
const changed = (change: Partial<Policy>) => withPolicy({ ...demo.policy, ...change });

const ROLES = ['west_sales', 'east_sales', 'managers', 'executive', 'finance', 'admin'];

// The matrix of the nine tools and six roles. A change here is a change of the outside contract.
const MATRIX: Record<ToolName, string> = {
  check_identity: 'yes yes yes yes yes yes',
  get_region_summary: 'yes yes yes yes yes yes',
  query_sales_data: 'yes yes yes yes yes yes',
  genie_query: 'yes yes yes yes yes yes',
  query_knowledge_base: 'yes yes yes yes yes yes',
  query_audit_log: 'no no no yes yes yes',
  ask_supervisor: 'no no no yes no yes',
  github_search: 'no no no yes no yes',
  external_api_call: 'no no no yes no yes',
};

test.each(TOOLS)('the demo policy gives %s to whom the matrix says', (tool) => {
  const row = ROLES.map((role) => (decideTool(demo, humanWith(demo.policy, role), tool).allowed ? 'yes' : 'no'));
  expect(row.join(' ')).toBe(MATRIX[tool]);
});

test.each([
  ['west_sales', "region = 'WEST'", 'masked'],
  ['east_sales', "region = 'EAST'", 'masked'],
  ['managers', 'all', 'masked'],
  ['executive', 'all', 'real'],
  ['finance', 'all', 'real'],
  ['admin', 'all', 'real'],
])('%s sees of the deals the rows %s, and the margin %s', (role, rows, margin) => {
  const access = accessOfRole(demo.policy, role).relations['sales.deals'];
  expect(access?.rows).toEqual(rows === 'all' ? 'all' : [rows]);
  expect(access?.visible.includes('margin_pct') ? 'real' : 'masked').toBe(margin);
});

test('a refusal names the rule by path and line', () => {
  const line =
    demoPolicyText()
      .split('\n')
      .findIndex((text) => text.startsWith('  query_audit_log:')) + 1;
  expect(decideTool(demo, humanWith(demo.policy, 'managers'), 'query_audit_log')).toEqual({
    allowed: false,
    code: 'access_denied',
    at: ['tools', 'query_audit_log'],
    reason: `"query_audit_log" is not given to the role "managers" (tools.query_audit_log, policy.yaml:${line})`,
  });
});

test('the role decides before the scope', () => {
  const none = { scopes: [] };
  expect(decideTool(demo, humanWith(demo.policy, 'managers', none), 'query_audit_log')).toMatchObject({
    code: 'access_denied',
  });
  expect(decideTool(demo, humanWith(demo.policy, 'finance', none), 'query_audit_log')).toMatchObject({
    code: 'insufficient_scope',
  });
  expect(decideTool(demo, humanWith(demo.policy, 'finance', none), 'check_identity')).toMatchObject({ allowed: true });
});

test('a scope that no token of the role can have is no step-up', () => {
  const { finance } = demo.policy.roles;
  const document = changed({ roles: { ...demo.policy.roles, finance: { ...finance!, scopes: ['sql'] } } });
  const caller = humanWith(document.policy, 'finance');
  expect(decideTool(document, caller, 'query_audit_log')).toMatchObject({
    code: 'access_denied',
    at: ['roles', 'finance', 'scopes'],
  });
  expect(toolsOf(document, caller)).not.toContain('query_audit_log');
  expect(scopesOf(document, caller)).toEqual(['sql']);
});

test('a tool without its dataset or connection is neither listed nor allowed', () => {
  const document = changed({ datasets: {}, connections: {} });
  expect(toolsOf(document, humanWith(document.policy, 'admin'))).toEqual([
    'check_identity',
    'genie_query',
    'query_audit_log',
    'ask_supervisor',
  ]);
});

test('a name that every object inherits is no tool, role or agent', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    const agent = { agent: { id: name } };
    const principal = { id: '', role: name, groups: [] };
    expect(decideTool(demo, humanWith(demo.policy, 'admin', { principal }), 'check_identity')).toMatchObject({
      code: 'invalid_token',
    });
    expect(decideTool(demo, humanWith(demo.policy, 'admin', agent), 'check_identity')).toMatchObject({
      code: 'invalid_token',
    });
    expect(decideTool(changed({ tools: {} }), humanWith(demo.policy, 'admin'), name as ToolName)).toMatchObject({
      allowed: false,
    });
  }
});

test('under OBO every tool is listed and the engine decides', () => {
  const olivia = workspaceHuman(demo.policy, 'olivia@causeway.example', { scopes: [] });
  expect(toolsOf(demo, olivia)).toEqual(TOOLS);
  for (const tool of TOOLS) expect(decideTool(demo, olivia, tool)).toMatchObject({ allowed: true });
});

test('an agent for a human may do what each of them may', () => {
  const finance = { ...demo.policy.agents['supervisor']!, role: 'finance', scopes: ['sql', 'audit'] as const };
  const document = changed({ agents: { supervisor: { ...finance, scopes: [...finance.scopes] } } });
  const forAdmin = humanWith(document.policy, 'admin', { agent: { id: 'supervisor' } });
  const forWest = humanWith(document.policy, 'west_sales', { agent: { id: 'supervisor' } });
  const forOmar = workspaceHuman(document.policy, 'omar@causeway.example', { agent: { id: 'supervisor' } });
  const withAudit = [
    'check_identity',
    'get_region_summary',
    'query_sales_data',
    'query_knowledge_base',
    'query_audit_log',
  ];
  expect(toolsOf(document, forAdmin)).toEqual(withAudit);
  expect(toolsOf(document, forWest)).toEqual(withAudit.slice(0, 4));
  expect(toolsOf(document, forOmar)).toEqual(withAudit);
  expect(scopesOf(document, forAdmin)).toEqual(['sql', 'audit']);
  expect(scopesOf(document, forWest)).toEqual(['sql']);
});

const callers = ({ roles }: Policy, policy: Policy, scopes: Caller['scopes']): Caller[] => [
  ...Object.keys(roles).flatMap((role) => [
    humanWith(policy, role, { scopes }),
    humanWith(policy, role, { scopes, agent: { id: 'helper' } }),
  ]),
  agentAlone(policy, 'helper', { scopes }),
  workspaceHuman(policy, 'olivia@causeway.example', { scopes }),
  workspaceHuman(policy, 'olivia@causeway.example', { scopes, agent: { id: 'helper' } }),
];

test('what is listed can be called with enough scopes, and what is not listed cannot', () => {
  const given = fc.tuple(arbitraryPolicy, fc.subarray([...SCOPES]));
  fc.assert(
    fc.property(given, ([policy, scopes]) => {
      const document = withPolicy(policy);
      for (const caller of callers(policy, policy, scopes)) {
        const listed = toolsOf(document, caller);
        const callable = TOOLS.filter((tool) => decideTool(document, { ...caller, scopes: SCOPES }, tool).allowed);
        expect(listed).toEqual(callable);
        for (const tool of TOOLS) {
          const { allowed } = decideTool(document, caller, tool);
          expect(allowed && !listed.includes(tool)).toBe(false);
        }
      }
    }),
  );
}, 30_000);

const without = <T>(list: readonly T[], index: number) => list.toSpliced(index, 1);

/** Every policy that has one grant less. */
function narrower(policy: Policy): Policy[] {
  return [
    ...fewerTools(policy),
    ...fewerRoles(policy),
    ...fewerAgents(policy),
    ...fewerRows(policy),
    { ...policy, datasets: {} },
  ];
}

function* fewerTools(policy: Policy): Generator<Policy> {
  for (const [tool, roles] of Object.entries(policy.tools)) {
    for (const index of roles.keys()) yield { ...policy, tools: { ...policy.tools, [tool]: without(roles, index) } };
  }
}

function* fewerRoles(policy: Policy): Generator<Policy> {
  for (const [name, role] of Object.entries(policy.roles)) {
    for (const index of role.scopes.keys()) {
      yield { ...policy, roles: { ...policy.roles, [name]: { ...role, scopes: without(role.scopes, index) } } };
    }
    yield { ...policy, roles: { ...policy.roles, [name]: { ...role, groups: [] } } };
    yield { ...policy, revoked: { ...policy.revoked, roles: [name] } };
  }
}

function* fewerAgents(policy: Policy): Generator<Policy> {
  for (const [name, agent] of Object.entries(policy.agents)) {
    for (const index of agent.scopes.keys())
      yield { ...policy, agents: { [name]: { ...agent, scopes: without(agent.scopes, index) } } };
    for (const index of agent.mayActFor.keys()) {
      yield { ...policy, agents: { [name]: { ...agent, mayActFor: without(agent.mayActFor, index) } } };
    }
  }
}

function* fewerRows(policy: Policy): Generator<Policy> {
  for (const [relation, governed] of Object.entries(policy.data)) {
    for (const group of Object.keys(governed.rows)) {
      const { [group]: _gone, ...rows } = governed.rows;
      yield { ...policy, data: { ...policy.data, [relation]: { ...governed, rows } } };
    }
    for (const [column, { visibleTo }] of Object.entries(governed.masks)) {
      for (const index of visibleTo.keys()) {
        const masks = { ...governed.masks, [column]: { visibleTo: without(visibleTo, index) } };
        yield { ...policy, data: { ...policy.data, [relation]: { ...governed, masks } } };
      }
    }
  }
}

/** Everything that anybody can do, as words that can be compared. */
function powers(of: Policy, policy: Policy): Set<string> {
  const document = withPolicy(policy);
  const words = new Set<string>();
  callers(of, of, SCOPES).forEach((caller, index) => {
    for (const tool of TOOLS) if (decideTool(document, caller, tool).allowed) words.add(`${index} calls ${tool}`);
    for (const scope of scopesOf(document, caller)) words.add(`${index} has ${scope}`);
  });
  for (const role of Object.keys(of.roles)) {
    for (const [relation, { rows, visible }] of Object.entries(accessOfRole(policy, role).relations)) {
      for (const row of rows === 'all'
        ? ["region = 'WEST'", "region = 'EAST'", 'rep_email = caller.email', 'all']
        : rows) {
        words.add(`${role} rows ${relation} ${row}`);
      }
      for (const column of visible) words.add(`${role} reads ${relation}.${column}`);
    }
  }
  return words;
}

test('taking a grant away never gives anybody anything', () => {
  fc.assert(
    fc.property(arbitraryPolicy, (policy) => {
      const before = powers(policy, policy);
      for (const less of narrower(policy))
        expect([...powers(policy, less)].filter((power) => !before.has(power))).toEqual([]);
    }),
    { numRuns: 25 },
  );
}, 30_000);
