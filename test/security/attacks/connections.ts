import { describe, expect, test } from 'vitest';
import { EMAIL } from '../credentials.ts';
import { CREDENTIAL, withoutOne } from '../hostile-partner.ts';
import type { SecurityWorld } from '../security-world.ts';

const PATHS = [
  '/../admin',
  '/..',
  '/a/../../admin',
  '/%2e%2e/admin',
  '/.%2E/admin',
  '/%252e%252e/admin',
  '/..;/admin',
  '/..;x=1/admin',
  '/%c0%ae%c0%ae/admin',
  '/%ef%bc%8e%ef%bc%8e/admin',
  '/a%2fadmin',
  '/a%5c..%5cadmin',
  '/\\..\\admin',
  '//evil.example/x',
  '/a//b',
  'https://evil.example/x',
  '\\\\evil.example\\x',
  '/@evil.example/ x',
  '/ok\r\nX-Injected: 1',
  '/ok%0d%0aX-Injected:%201',
  '/ok%00',
  '/ok?x=1',
  '/ok#x',
  '/ok HTTP/1.1\r\nHost: evil.example\r\n\r\nGET /admin',
];

export function connections(started: () => SecurityWorld): void {
  describe('connections', () => {
    places(started);
    answers(started);
  });
}

async function ask(world: SecurityWorld, args: object, connection = 'hostile') {
  const proof = await world.as(EMAIL.elena);
  return world.call(proof, 'external_api_call', { connection, method: 'GET', path: '/ok', ...args });
}

function places(started: () => SecurityWorld): void {
  // Red when `urlBelow` in packages/runtime/src/outbound/url-below.ts finds no problem with a path.
  test.each(PATHS)('[connection-path] %j does not leave the base of the connection', async (path) => {
    const world = started();
    world.partner.forget();
    expect((await ask(world, { path })).code).toBe('invalid_request');
    expect(world.partner.heard).toEqual([]);
  });

  // Red when `permits` in packages/runtime/src/outbound/network.ts says yes.
  test('[connection-rebinding] a name that leads to another network than the policy says is not reached', async () => {
    const world = started();
    world.partner.forget();
    expect((await ask(world, {}, 'rebound')).code).toBe('upstream_rejected');
    expect(world.partner.heard).toEqual([]);
  });

  // Red when packages/runtime/src/outbound/redirect-target.ts follows.
  test.each(['http://169.254.169.254/latest/meta-data', '/base/ok', '//evil.example/', 'file:///etc/passwd'])(
    '[connection-redirect] the other end cannot send a call on to %s',
    async (to) => {
      const world = started();
      world.partner.forget();
      expect((await ask(world, { path: '/redirect', query: { to } })).code).toBe('upstream_rejected');
      expect(world.partner.heard).toEqual([`GET /base/redirect?${new URLSearchParams({ to }).toString()}`]);
    },
  );

  // Red when `allows` in services/mcp/src/connections/allow-list.ts says yes.
  test('[connection-method] a method that the policy does not list is not sent, by whatever header', async () => {
    const world = started();
    world.partner.forget();
    for (const method of ['DELETE', 'PUT', 'PATCH']) {
      expect((await ask(world, { method })).code).toBe('access_denied');
    }
    expect(world.partner.heard).toEqual([]);
  });
}

function answers(started: () => SecurityWorld): void {
  // Red when services/mcp/src/connections/connection-pool.ts passes the answer on as it came.
  test('[connection-credential] an answer that repeats the credential does not bring it to the caller', async () => {
    const world = started();
    const { content, text } = await ask(world, { path: '/echo' });
    expect(content['status']).toBe(200);
    expect(world.partner.headers.at(-1)).toContain(CREDENTIAL);
    expect(text).not.toContain(CREDENTIAL);
  });

  // Red when `accept` in packages/runtime/src/outbound/attempt.ts takes every encoding.
  test('[connection-bomb] a compressed answer is not taken, and not unpacked', async () => {
    expect((await ask(started(), { path: '/bomb' })).code).toBe('upstream_rejected');
  });

  // Red when packages/runtime/src/outbound/read-body.ts reads to the end.
  test('[connection-endless] an answer without end is cut off at 256 KiB', async () => {
    const { content } = await ask(started(), { path: '/endless' });
    expect(content['truncated']).toBe(true);
    expect(String(content['body'])).toHaveLength(256 * 1024);
  });

  // Red when services/mcp/src/call/guard-output.ts cleans nothing, and when it lets joiners, selectors or fillers pass.
  test('[hidden-text] what nobody sees in an answer is not there for a model either', async () => {
    const { content } = await ask(started(), { path: '/hidden' });
    expect(withoutOne(String(content['body']))).toBe('shown[2J31mtoo');
  });
}
