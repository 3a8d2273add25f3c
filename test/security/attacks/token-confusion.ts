import { ACCESS_TOKEN, basic, TOKEN_EXCHANGE } from '@causeway/test-portal/token-request';
import { describe, expect, test } from 'vitest';
import { actorToken, credentials, EMAIL, JWT_BEARER, type Kind, mcpAssertion } from '../credentials.ts';
import type { Header, SecurityWorld } from '../security-world.ts';

type Open = (world: SecurityWorld, credential: string) => Promise<boolean>;

interface Door {
  readonly good: readonly Kind[];
  readonly opens: Open;
}

const bearer = (token: string): Header => ['authorization', `Bearer ${token}`];
const forwarded = (token: string): Header => ['x-forwarded-access-token', token];

const isServed = async (world: SecurityWorld, url: string, proof: readonly Header[]) => {
  const { status, content } = await world.callBy({ url, headers: proof }, 'check_identity');
  return status === 200 && content['principal'] !== undefined;
};

const isIssued = async (world: SecurityWorld, form: Record<string, string>, headers: readonly Header[] = []) => {
  const { status, json } = await world.post('/oauth/token', form, { headers });
  return status === 200 && typeof json['access_token'] === 'string';
};

const supervisor = (world: SecurityWorld): readonly Header[] =>
  Object.entries(basic('supervisor', world.supervisorSecret));

/** Where a credential is read, and which kinds are meant for it. Every other kind is refused there. */
const DOORS: Readonly<Record<string, Door>> = {
  'the MCP endpoint': {
    good: ['principal', 'agent alone', 'agent for a human'],
    opens: (world, token) => isServed(world, world.mcp.url, [bearer(token)]),
  },
  'the forwarded header': {
    good: ['platform user'],
    opens: (world, token) => isServed(world, world.oboUrl, [forwarded(token)]),
  },
  'the agent beside the forwarded header': {
    good: ['agent alone'],
    opens: async (world, token) =>
      isServed(world, world.oboUrl, [forwarded(await world.mcp.signIn(EMAIL.olivia)), bearer(token)]),
  },
  'the subject of an exchange': {
    good: ['subject'],
    opens: (world, token) =>
      isIssued(world, {
        grant_type: TOKEN_EXCHANGE,
        client_id: 'partner-portal',
        subject_token: token,
        subject_token_type: ACCESS_TOKEN,
        resource: world.mcp.url,
      }),
  },
  'the actor of an exchange': {
    good: ['agent at the portal'],
    opens: async (world, token) => {
      const form = {
        grant_type: TOKEN_EXCHANGE,
        subject_token: await world.mcp.signIn(EMAIL.wanda),
        subject_token_type: ACCESS_TOKEN,
        actor_token: token,
        actor_token_type: ACCESS_TOKEN,
        resource: world.mcp.url,
      };
      return isIssued(world, form, supervisor(world));
    },
  },
  'the MCP service’s own exchange': {
    good: ['principal', 'agent alone', 'agent for a human'],
    opens: async (world, token) =>
      isIssued(world, {
        grant_type: TOKEN_EXCHANGE,
        ...(await mcpAssertion(world)),
        subject_token: token,
        subject_token_type: ACCESS_TOKEN,
        audience: `${world.mcp.environment['OBO_ISSUER']}/v1/token`,
      }),
  },
  'the assertion grant': {
    good: ['ID-JAG'],
    opens: (world, token) => isIssued(world, { grant_type: JWT_BEARER, assertion: token }, assistant(world)),
  },
  'the refresh grant': {
    good: ['refresh token'],
    opens: (world, token) =>
      isIssued(world, { grant_type: 'refresh_token', client_id: 'demo-agent-host', refresh_token: token }),
  },
  'the proof of a client': {
    good: [],
    opens: (world, token) =>
      isIssued(world, {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: token,
      }),
  },
};

const assistant = (world: SecurityWorld): readonly Header[] =>
  Object.entries(basic('assistant', world.supervisorSecret));

export function tokenConfusion(started: () => SecurityWorld): void {
  describe('token confusion', () => {
    let made: ReturnType<typeof credentials> | undefined;
    // At the other doors a token of the wrong kind meets several checks, each of which packages/auth was seen red without.
    // Red when packages/auth/src/jwt/jwt-checks.ts compares no audience: at the MCP endpoint and at the MCP service's own exchange.
    test.each(Object.entries(DOORS))('[token-one-door] at %s nothing else is taken', async (_name, door) => {
      const world = started();
      const all = await (made ??= credentials(world));
      const opened: string[] = [];
      // Twice: what the first one left in a cache must not open the second time.
      for (const kind of [...Object.keys(all), ...Object.keys(all)] as Kind[]) {
        const isOpen = await door.opens(world, all[kind]);
        if (isOpen && !opened.includes(kind)) opened.push(kind);
      }
      expect(opened).toEqual(door.good);
    });

    // Red when services/portal/src/grants/prove-actor.ts lets an agent's client leave its actor token out.
    test('[token-agent-names-itself] an agent that leaves itself out does not get the human’s whole token', async () => {
      const world = started();
      const form = {
        grant_type: TOKEN_EXCHANGE,
        subject_token: await world.mcp.signIn(EMAIL.elena),
        subject_token_type: ACCESS_TOKEN,
        resource: world.mcp.url,
      };
      expect(await isIssued(world, form, supervisor(world))).toBe(false);
      const named = { actor_token: await actorToken(world), actor_token_type: ACCESS_TOKEN };
      expect(await isIssued(world, { ...form, ...named }, supervisor(world))).toBe(true);
    });

    // Red when packages/auth/src/agent-token.ts does not compare the client.
    test('[token-agent-is-its-client] one agent’s token is of no use to another agent', async () => {
      const world = started();
      const form = {
        grant_type: TOKEN_EXCHANGE,
        subject_token: await world.mcp.signIn(EMAIL.mona),
        subject_token_type: ACCESS_TOKEN,
        resource: world.mcp.url,
        actor_token: await actorToken(world),
        actor_token_type: ACCESS_TOKEN,
      };
      const careful = Object.entries(basic('careful', world.supervisorSecret));
      expect(await isIssued(world, form, careful)).toBe(false);
      expect(await isIssued(world, form, supervisor(world))).toBe(true);
    });

    // Red when services/mcp/src/connections/connection-pool.ts sends the caller's token along.
    test('[token-no-passthrough] the other end of a connection sees no token of the caller', async () => {
      const world = started();
      world.partner.forget();
      const proof = await world.as(EMAIL.elena);
      const { content } = await world.call(proof, 'external_api_call', {
        connection: 'hostile',
        method: 'GET',
        path: '/echo',
      });
      expect(content['status']).toBe(200);
      const [, token = ''] = proof.flat();
      expect(world.partner.headers.join()).not.toContain(token.replace('Bearer ', ''));
    });
  });
}
