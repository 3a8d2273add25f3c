import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@causeway/core';
import type { OutsideCall } from '@causeway/platform';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPartner, type TestPartner } from '../testing/start-partner.ts';
import { callTool } from '../call/call-tool.ts';
import { callerOf, callWorld, type WorldOptions } from '../testing/call-world.ts';
import { ConnectionPool } from './connection-pool.ts';

let partner: TestPartner;
let dir: string;
let connections: ConnectionPool;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'causeway-connections-'));
  writeFileSync(join(dir, 'credential'), 'hunter2\n');
  partner = await startPartner(dir);
  connections = new ConnectionPool();
});
afterAll(async () => {
  await connections?.close();
  await partner?.stop();
  rmSync(dir, { recursive: true, force: true });
});

interface CallOptions extends Pick<WorldOptions, 'connection'> {
  readonly network?: string[];
}

async function call(args: object, { network = ['127.0.0.0/8'], ...engine }: CallOptions = {}) {
  const world = callWorld({
    ...engine,
    connections,
    policy: (policy) => {
      policy.connections['test'] = {
        baseUrl: `https://127.0.0.1:${partner.port}/base`,
        network,
        caFile: join(dir, 'ca.pem'),
        credentialFile: join(dir, 'credential'),
        allow: ['GET /*', 'POST /things'],
        grants: ['executive'],
      };
      return policy;
    },
  });
  const asked = { connection: 'test', method: 'GET', path: '/things', ...args };
  const result = await callTool(world.deps, world.call('external_api_call', asked, { caller: callerOf('executive') }));
  return { result, events: world.events };
}

const code = async (...asked: Parameters<typeof call>) => {
  const { result } = await call(...asked);
  return result.ok ? result.content['status'] : result.error.code;
};

test('a call reaches the path below the base, with the credential, which nobody sees', async () => {
  const { result, events } = await call({ query: { q: 'x y' } });
  expect(result).toMatchObject({
    ok: true,
    content: { status: 200, content_type: 'application/json', truncated: false },
  });
  expect(partner.last).toMatchObject({ method: 'GET', url: '/base/things?q=x+y', authorization: 'Bearer hunter2' });
  expect(JSON.stringify([result, events])).not.toContain('hunter2');
  expect(events).toMatchObject([{ arguments: { connection: 'test', method: 'GET', path: '/things' } }]);
});

test('a body is sent as JSON', async () => {
  await call({ method: 'POST', body: { a: 1 } });
  expect(partner.last).toMatchObject({ method: 'POST', body: '{"a":1}', contentType: 'application/json' });
});

describe('refused, and nothing is sent', () => {
  test.each([
    [
      'whom the engine does not grant it',
      {},
      { connection: () => Promise.reject(new AppError('access_denied', 'no grant')) },
      'access_denied',
    ],
    ['a connection that is not there', { connection: 'nope' }, {}, 'not_found'],
    ['one named like a member of every object', { connection: 'constructor' }, {}, 'not_found'],
    ['a method that the connection does not allow', { method: 'DELETE' }, {}, 'access_denied'],
    ['a path that it does not allow', { method: 'POST', path: '/other' }, {}, 'access_denied'],
    ['a path out of the base', { path: '/../admin' }, {}, 'invalid_request'],
    ['an encoded one', { path: '/%2e%2e/admin' }, {}, 'invalid_request'],
    ['another host', { path: '//evil.example/x' }, {}, 'invalid_request'],
    ['an address outside of the network', {}, { network: ['10.0.0.0/8'] }, 'upstream_rejected'],
  ] as const)('%s', async (_, args, options, expected) => {
    partner.forget();
    expect(await code(args, options as never)).toBe(expected);
    expect(partner.last).toBeUndefined();
  });
});

test('a redirect is not followed', async () => {
  expect(await code({ path: '/redirect' })).toBe('upstream_rejected');
  expect(partner.last?.url).toBe('/base/redirect');
});

test('an answer is cut at 256 KiB, and says so', async () => {
  const { result } = await call({ path: '/large' });
  expect(result).toMatchObject({ content: { truncated: true } });
  expect((result.ok ? (result.content['body'] as string) : '').length).toBe(256 * 1024);
});

test('a credential that the other system repeats is taken out, of the body and of the content type', async () => {
  const { result } = await call({ path: '/repeats' });
  expect(partner.last?.authorization).toBe('Bearer hunter2');
  expect(result).toMatchObject({
    ok: true,
    content: { content_type: 'text/plain; by="Bearer [credential]"', body: 'by Bearer [credential]' },
  });
});

test('what is no text is not passed on', async () => {
  expect(await code({ path: '/binary' })).toBe('upstream_rejected');
});

test('what the other system refuses is an answer', async () => {
  expect(await code({ path: '/missing' })).toBe(404);
});

test('what it fails at is not repeated for a POST, and its text stays outside', async () => {
  partner.forget();
  const { result } = await call({ method: 'POST', path: '/things', body: { fail: true } });
  expect(result).toMatchObject({ ok: false, error: { code: 'upstream_unavailable' } });
  expect(result.ok ? '' : result.error.publicMessage).not.toContain('stack');
  expect(partner.count).toBe(1);
});

describe('where the platform reaches the other system itself', () => {
  const asked: OutsideCall[] = [];
  const connection = async () => ({
    request: async (outside: OutsideCall) => {
      asked.push(outside);
      return {
        status: 200,
        headers: { 'content-type': 'text/plain' },
        body: Buffer.from('from there'),
        truncated: false,
      };
    },
  });

  test('it does, and nothing is sent from here', async () => {
    partner.forget();
    const { result } = await call({}, { connection });
    expect(result).toMatchObject({ ok: true, content: { status: 200, body: 'from there' } });
    expect(asked).toEqual([{ method: 'GET', path: '/things' }]);
    expect(partner.last).toBeUndefined();
  });

  test.each([
    [{ method: 'DELETE' }, 'access_denied'],
    [{ path: '/../admin' }, 'invalid_request'],
  ])('it is not asked for what the policy does not allow: %j', async (args, expected) => {
    asked.length = 0;
    expect(await code(args, { connection })).toBe(expected);
    expect(asked).toEqual([]);
  });
});
