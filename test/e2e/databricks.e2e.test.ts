import { afterAll, beforeAll, describe, expect } from 'vitest';
import { runCommand } from './command.ts';
import { ALL, expectColumn, MATRIX, OWN_PEOPLE, PARTNERS } from './matrix.ts';
import { McpWorld } from './mcp-world.ts';
import { requirement } from './requirement.ts';

// Made in `beforeAll`, because listing the tests loads this file too.
let world: McpWorld;
beforeAll(async () => {
  world = await McpWorld.start({ platform: 'databricks' });
});
afterAll(() => world?.[Symbol.asyncDispose]());

requirement('start-platform-databricks', 'the first call of the README is the same', async () => {
  const { portal, mcp, identityProviders } = world.ports;
  const env = {
    CAUSEWAY_PORT_PORTAL: String(portal),
    CAUSEWAY_PORT_MCP: String(mcp),
    CAUSEWAY_PORT_IDP: String(identityProviders),
  };
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
