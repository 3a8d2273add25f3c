import { listServices } from '@causeway/local/services';
import { portVariables } from '@causeway/local/testing/stack-ports';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { runCommand } from './command.ts';
import { ALL, expectColumn, MATRIX, OWN_PEOPLE, PARTNERS } from './matrix.ts';
import { McpWorld } from './mcp-world.ts';
import { requirement } from './requirement.ts';
import { askInVain, type Unanswered, WorkspaceControl, workspaceGenieTests } from './testing/workspace-genie-tests.ts';

// Made in `beforeAll`, because listing the tests loads this file too.
let world: McpWorld;
let control: WorkspaceControl;
let unanswered: Unanswered;
beforeAll(async () => {
  world = await McpWorld.start({ platform: 'databricks', services: withFaults });
  control = new WorkspaceControl(world.ports.databricks);
  unanswered = await askInVain(world, control);
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** The emulated workspace lets this test arm its faults. */
const withFaults: typeof listServices = (place, environment) =>
  listServices(place, environment).map((spec) =>
    spec.name === 'databricks' ? { ...spec, env: { ...spec.env, EMULATOR_CONTROL: 'on' } } : spec,
  );

requirement('start-platform-databricks', 'the first call of the README is the same', async () => {
  const env = portVariables(world.ports);
  const call = ['npx', 'causeway', 'call', 'query_sales_data', '{}', '--as', 'wanda@northwind.example'] as const;
  const { exitCode, stdout } = await runCommand([...call], { env });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('WEST');
  expect(stdout).not.toContain('EAST');
});

describe('the matrix, through federation', () => {
  for (const [email, role] of PARTNERS) {
    requirement('databricks-matrix', `${email} may call exactly the column of ${role}`, async () => {
      await expectColumn(world, await world.proofOf(email), MATRIX[role]);
    });

    requirement('databricks-matrix', `the workspace takes ${email} for the service principal of ${role}`, async () => {
      const { content } = await world.call(await world.proofOf(email), 'check_identity');
      const { principal, platform } = content as {
        principal: { id: string };
        platform: { current_user: string; groups: readonly string[] };
      };
      expect(platform).toEqual({ current_user: principal.id, groups: [role] });
    });
  }
});

describe('on behalf of the workspace’s own people', () => {
  for (const [email, group] of OWN_PEOPLE) {
    requirement('databricks-obo', `${email} is shown all nine tools, and gets what ${group} gets`, async () => {
      const proof = await world.proofOf(email);
      expect(await world.list(proof)).toEqual(ALL);
      await expectColumn(world, proof, MATRIX[group]);
      const { content } = await world.call(proof, 'check_identity');
      expect(content).toMatchObject({ pattern: 'obo', platform: { current_user: email, groups: [group] } });
    });
  }
});

describe('agents', () => {
  requirement('databricks-agents', 'the supervisor alone is its role', async () => {
    await expectColumn(world, world.bearer(await world.agentAlone()), MATRIX.executive);
  });

  requirement('databricks-agents', 'the supervisor for wanda is never more than wanda', async () => {
    await expectColumn(world, world.bearer(await world.agentFor('wanda@northwind.example')), MATRIX.west_sales);
  });
});

describe('when the workspace fails', () => {
  const CANARY = 'canary-4be1';
  const STATEMENTS = 'POST /api/2.0/sql/statements';
  const START = 'POST /api/2.0/genie/spaces/{space}/start-conversation';
  afterEach(() => control.clear());

  async function arm(on: string, status: number, { headers = {}, times = 9, message = CANARY } = {}): Promise<void> {
    const body = JSON.stringify({ error_code: status, message });
    await control.arm({ on, times, effect: { kind: 'answer', answer: { status, headers, body } } });
  }
  const ask = async (tool: string, args: object, email = 'wanda@northwind.example') => {
    const { content, code } = await world.call(await world.proofOf(email), tool, args);
    expect(JSON.stringify(content)).not.toContain(CANARY);
    return { code, error: content['error'] as { readonly retry_after_ms?: number } | undefined };
  };

  requirement(
    'databricks-faults',
    'a throttled question is rate_limited, with the time that the workspace names',
    async () => {
      await arm(START, 429, { headers: { 'retry-after': '7' } });
      const { code, error } = await ask('genie_query', { question: 'revenue by region' });
      expect([code, error?.retry_after_ms]).toEqual(['rate_limited', 7000]);
    },
  );

  requirement(
    'databricks-faults',
    'an outage is upstream_unavailable, and one that passes is not noticed',
    async () => {
      await arm(STATEMENTS, 503, { times: 1 });
      expect((await ask('get_region_summary', {})).code).toBeUndefined();
      await arm(STATEMENTS, 503);
      expect((await ask('get_region_summary', {})).code).toBe('upstream_unavailable');
    },
  );

  requirement(
    'databricks-faults',
    'a token without the scope is access_denied, and the audit trail says which',
    async () => {
      const message = 'Provided OAuth token does not have required scopes: sql';
      await arm(STATEMENTS, 403, { message });
      const email = 'erik@northwind.example';
      expect((await ask('get_region_summary', {}, email)).code).toBe('access_denied');
      await control.clear();
      const proof = await world.proofOf('felix@fabrikam.example');
      const reasons = async () => {
        const args = { email, tool: 'get_region_summary', status: 'access_denied' };
        const { content } = await world.call(proof, 'query_audit_log', args);
        return (content['rows'] as { readonly reason: string | null }[]).map(({ reason }) => reason);
      };
      await expect
        .poll(reasons, { timeout: 60_000, interval: 500 })
        .toEqual([expect.stringContaining('required scopes: sql')]);
    },
  );
});

workspaceGenieTests(() => ({ world, control, unanswered }));
