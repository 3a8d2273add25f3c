import { describe, expect } from 'vitest';
import { ALL, expectColumn, MATRIX, OWN_PEOPLE, PARTNERS } from '../matrix.ts';
import type { McpWorld } from '../mcp-world.ts';
import { requirement } from '../requirement.ts';

/** Who may call what, and what they see, through real tokens. */
export function matrixTests(world: () => McpWorld): void {
  describe('the matrix, through real tokens', () => {
    roleTests(world);
  });
  describe('on behalf of the platform’s own people', () => {
    ownPeopleTests(world);
  });
  describe('agents', () => {
    agentTests(world);
  });
  describe('scopes', () => {
    scopeTests(world);
  });
}

function roleTests(world: () => McpWorld): void {
  for (const [email, role, id] of PARTNERS) {
    requirement([id, 'denied-tool'], `${email} may call exactly the column of ${role}`, async () => {
      await expectColumn(world(), await world().proofOf(email), MATRIX[role]);
    });

    requirement(
      ['denied-tool-not-listed', 'list-follows-role'],
      `${email} is shown what ${role} may call`,
      async () => {
        const proof = await world().proofOf(email);
        expect(await world().list(proof)).toEqual(
          ALL.filter((tool) => (MATRIX[role].tools as readonly string[]).includes(tool)),
        );
        const { content } = await world().call(proof, 'check_identity');
        expect(content['allowed_tools']).toEqual(await world().list(proof));
      },
    );
  }
}

function ownPeopleTests(world: () => McpWorld): void {
  for (const [email, group] of OWN_PEOPLE) {
    requirement('obo-all-listed', `${email} is shown all nine tools`, async () => {
      expect(await world().list(await world().proofOf(email))).toEqual(ALL);
    });

    requirement(
      ['obo-engine-decides', 'obo-equals-matrix', 'engine-object-per-tool'],
      `${email} gets what ${group} gets`,
      async () => {
        await expectColumn(world(), await world().proofOf(email), MATRIX[group]);
      },
    );
  }
}

function agentTests(world: () => McpWorld): void {
  requirement('matrix-executive', 'the supervisor alone is its role', async () => {
    const proof = world().bearer(await world().agentAlone());
    await expectColumn(world(), proof, MATRIX.executive);
    const { content } = await world().call(proof, 'check_identity');
    expect(content).toMatchObject({ pattern: 'm2m', human: null, agent: { id: 'supervisor' } });
  });

  requirement('matrix-west-sales', 'the supervisor for wanda is never more than wanda', async () => {
    const token = await world().agentFor('wanda@northwind.example');
    const proof = world().bearer(token);
    await expectColumn(world(), proof, MATRIX.west_sales);
    const { content } = await world().call(proof, 'check_identity');
    expect(content).toMatchObject({ human: { email: 'wanda@northwind.example' }, agent: { id: 'supervisor' } });
  });
}

function scopeTests(world: () => McpWorld): void {
  requirement(
    ['scope-step-up', 'list-follows-role'],
    'a token with fewer scopes is asked to come back with more',
    async () => {
      const token = await world().exchange(await world().signIn('elena@contoso.example'), { scope: 'sql' });
      const proof = world().bearer(token);
      const { status, challenge } = await world().call(proof, 'query_audit_log');
      expect(status).toBe(403);
      expect(challenge).toContain('error="insufficient_scope", scope="audit"');
      expect(await world().list(proof)).toEqual(ALL);
      expect((await world().call(proof, 'get_region_summary')).code).toBeUndefined();
    },
  );

  requirement('role-before-scope', 'what the role may not is denied, whatever the scopes', async () => {
    const token = await world().exchange(await world().signIn('wanda@northwind.example'), { scope: 'sql' });
    expect(await world().call(world().bearer(token), 'query_audit_log')).toMatchObject({
      status: 200,
      code: 'access_denied',
    });
  });
}
