import { PEOPLE } from '@causeway/local/people';
import { decodeJwt } from 'jose';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { MATRIX, PARTNERS } from '../matrix.ts';
import type { McpWorld } from '../mcp-world.ts';
import { requirement } from '../requirement.ts';

const SCOPES = {
  west_sales: ['sql', 'genie'],
  east_sales: ['sql', 'genie'],
  managers: ['sql', 'genie'],
  finance: ['sql', 'genie', 'audit'],
  executive: ['sql', 'genie', 'serving', 'connections', 'audit'],
  admin: ['sql', 'genie', 'serving', 'connections', 'audit'],
} as const;

/** check_identity: who the token says they are, and who the engine says they are. */
export function identityTests(world: () => McpWorld): void {
  describe('check_identity', () => {
    outputTests(world);
    engineTests(world);
  });
}

function outputTests(world: () => McpWorld): void {
  requirement('check-identity-output', 'every field, for somebody of each role', async () => {
    for (const [email, role] of PARTNERS) {
      const proof = await world().proofOf(email);
      const { sub, exp = 0 } = decodeJwt(proof.headers['authorization']?.slice('Bearer '.length) ?? '');
      const person = PEOPLE.find((one) => one.email === email);
      const { content } = await world().call(proof, 'check_identity');
      expect(content).toEqual({
        pattern: 'federation',
        human: { idp: person?.idp, subject: person?.subject, email },
        agent: null,
        principal: { id: sub, role, groups: [role] },
        platform: { current_user: sub, groups: [role] },
        scopes: SCOPES[role],
        allowed_tools: MATRIX[role].tools,
        expires_at: new Date(exp * 1000).toISOString(),
      });
    }
  });

  requirement('check-identity-output', 'on behalf of one of the platform’s own people', async () => {
    const email = 'olivia@causeway.example';
    const { content } = await world().call(await world().proofOf(email), 'check_identity');
    expect(content).toMatchObject({
      pattern: 'obo',
      human: { idp: 'workspace', subject: email, email },
      principal: { role: null },
      platform: { current_user: email, groups: ['finance'] },
    });
  });
}

function engineTests(world: () => McpWorld): void {
  requirement(
    'check-identity-asks-engine',
    'a group that the database alone knows of is in platform, and nowhere else',
    async () => {
      const proof = await world().proofOf('erik@northwind.example');
      const whoAmI = async () => (await world().call(proof, 'check_identity')).content;
      const { id } = (await whoAmI())['principal'] as { id: string };
      const client = new pg.Client(world().environment['ADMIN_DATABASE_URL']);
      await client.connect();
      try {
        await client.query('CREATE ROLE observers NOLOGIN');
        await client.query(`GRANT observers TO ${pg.escapeIdentifier(id)}`);
        expect(await whoAmI()).toMatchObject({
          principal: { groups: ['east_sales'] },
          platform: { groups: ['east_sales', 'observers'] },
        });
      } finally {
        await client.query('DROP ROLE IF EXISTS observers');
        await client.end();
      }
      expect(await whoAmI()).toMatchObject({ platform: { groups: ['east_sales'] } });
    },
  );
}
