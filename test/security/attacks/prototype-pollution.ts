import { callBody } from '@causeway/test-e2e/mcp-world';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { EMAIL } from '../credentials.ts';
import type { SecurityWorld } from '../security-world.ts';

const PROTO = '"__proto__":{"region":"EAST","limit":100,"isError":false,"roles":["boss"],"polluted":true}';
const CONSTRUCTOR = '"constructor":{"prototype":{"region":"EAST","polluted":true}}';

export function prototypePollution(started: () => SecurityWorld): void {
  describe('prototype pollution', () => {
    inTokensAndNames(started);
    inMessages(started);
  });
}

function inMessages(started: () => SecurityWorld): void {
  // Red when services/mcp/src/mcp/read-message.ts looks for no prototype, and when get-region-summary.ts has no strict object.
  test.each([
    [PROTO, '-32700'],
    [CONSTRUCTOR, 'invalid_request'],
  ])('[pollution-arguments] an argument that every object has a member for is refused: %s', async (member, refusal) => {
    const world = started();
    const proof = await world.as(EMAIL.wanda);
    const body = callBody('tools/call', { name: 'get_region_summary', arguments: { a: 1 } }).replace('"a":1', member);
    expect((await world.callBy({ headers: proof, body }, 'get_region_summary')).code).toBe(refusal);
    const { content } = await world.call(proof, 'get_region_summary');
    expect((content['rows'] as { region: string }[]).map(({ region }) => region)).toEqual(['WEST']);
  });

  // Red when services/mcp/src/mcp/read-message.ts looks for no prototype.
  test('[pollution-message] the same around the arguments is refused, and changes nothing for the next one', async () => {
    const world = started();
    const proof = await world.as(EMAIL.wanda);
    const text = callBody('tools/call', { name: 'check_identity', arguments: {} });
    const before = (await world.call(proof, 'check_identity')).content;
    for (const at of ['{', '"params":{', '"_meta":{', '"arguments":{']) {
      const hostile = at === '"arguments":{' ? PROTO : `${PROTO},`;
      const body = text.replace(at, `${at}${hostile}`);
      const { status, code } = await world.callBy({ headers: proof, body }, 'check_identity');
      expect([at, status, code]).toEqual([at, 400, '-32700']);
      expect((await world.call(proof, 'check_identity')).content).toEqual(before);
    }
  });
}

function inTokensAndNames(started: () => SecurityWorld): void {
  // Red when packages/auth/src/jwt/parse-jwt.ts merges the payload into a new object.
  test('[pollution-claims] a role in a token’s prototype is no role', async () => {
    const world = started();
    const { roles: _roles, ...claims } = world.issuer.claims();
    const text = JSON.stringify(claims);
    for (const member of [PROTO, CONSTRUCTOR]) {
      const token = world.issuer.token(text.replace('{', `{${member},`));
      await expect(world.mcp.exchange(token)).rejects.toThrow('400');
    }
    const tester = await world.mcp.exchange(
      world.issuer.token(JSON.stringify(world.issuer.claims()).replace('{', `{${PROTO},`)),
    );
    expect(decodeJwt(tester)['role']).toBe('managers');
  });

  // Red when services/mcp/src/connections/connection-pool.ts looks a connection up without `Object.hasOwn`.
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '[pollution-names] %s is the name of no connection, client, grant, provider, tool or scope',
    async (name) => {
      const world = started();
      const elena = await world.as(EMAIL.elena);
      const connection = await world.call(elena, 'external_api_call', { connection: name, method: 'GET', path: '/' });
      expect(connection.code).toBe('not_found');
      expect((await world.call(elena, name)).code).toBe('-32602');
      const token = (form: Record<string, string>) =>
        world.post('/oauth/token', { client_id: 'partner-portal', ...form });
      expect((await token({ grant_type: name })).status).toBe(400);
      expect((await token({ grant_type: 'client_credentials', client_id: name, client_secret: 'x' })).status).toBe(401);
      const login = await world.send({ url: `${world.portalUrl}/auth/${name}/login`, method: 'GET' });
      expect(login.status).toBe(404);
      await expect(world.mcp.exchange(await world.mcp.signIn(EMAIL.wanda), { scope: name })).rejects.toThrow('400');
    },
  );
}
