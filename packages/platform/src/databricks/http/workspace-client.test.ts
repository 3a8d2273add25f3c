import { Secret } from '@causeway/core';
import type { OutboundCall, OutboundResponse } from '@causeway/runtime';
import { describe, expect, test } from 'vitest';
import { createWorkspaceCalls } from './workspace-client.ts';

type Reply = readonly [status: number, body: string];

function start(replies: readonly Reply[]) {
  const asked: OutboundCall[] = [];
  const discarded: string[] = [];
  const left = [...replies];
  const request = async (call: OutboundCall): Promise<OutboundResponse> => {
    asked.push(call);
    const [status, body] = (left.length > 1 ? left.shift() : left[0]) ?? [200, '{}'];
    return { status, headers: {}, body: new TextEncoder().encode(body), truncated: false };
  };
  const dependency = { name: 'databricks', breaker: 'closed' as const, request, close: async () => undefined };
  let given = 0;
  const calls = createWorkspaceCalls(
    { dependency, host: 'https://dbc-1.example' },
    {
      token: async (scope) => new Secret(`${scope}-${++given}`),
      discard: (_, token) => void discarded.push(token.reveal()),
    },
  );
  const tokens = () => asked.map(({ headers }) => headers?.['authorization']);
  return { calls, dependency, asked, discarded, tokens };
}

const CALL = { path: '/api/2.0/x?a=b', scope: 'sql' };

test('a call goes to the workspace, with the token for its scope', async () => {
  const { calls, asked } = start([[200, '{"a":1}']]);
  expect(await calls.json({ ...CALL, method: 'POST', body: { q: 1 } })).toEqual({ a: 1 });
  expect(asked[0]).toMatchObject({
    method: 'POST',
    body: '{"q":1}',
    headers: { authorization: 'Bearer sql-1', 'content-type': 'application/json' },
  });
  expect(String(asked[0]?.url)).toBe('https://dbc-1.example/api/2.0/x?a=b');
});

test.each(['//evil.example/x', 'https://evil.example/x', '@evil.example/x', '.evil.example/x', '\\\\evil.example'])(
  'a path is never another host: %s',
  async (path) => {
    const { calls, asked } = start([[200, '{}']]);
    await calls.json({ path, scope: 'sql' });
    expect(new URL(String(asked[0]?.url)).host).toBe('dbc-1.example');
  },
);

describe('a token that is over', () => {
  test('is replaced, once, and the call is made again: nothing was done for it', async () => {
    const { calls, discarded, tokens } = start([
      [401, 'expired'],
      [200, '{"a":1}'],
    ]);
    expect(await calls.json({ ...CALL, method: 'POST', repeatable: false })).toEqual({ a: 1 });
    expect(tokens()).toEqual(['Bearer sql-1', 'Bearer sql-2']);
    expect(discarded).toEqual(['sql-1']);
  });

  test('and is replaced by one that is refused too, is the end', async () => {
    const { calls, asked } = start([[401, 'Invalid Token']]);
    await expect(calls.json(CALL)).rejects.toMatchObject({ code: 'exchange_denied' });
    expect(asked).toHaveLength(2);
  });
});

test('which workspace of a host it is, is said where the settings say it', async () => {
  const { dependency, asked } = start([[200, '{}']]);
  const tokens = { token: async () => new Secret('t'), discard: () => undefined };
  await createWorkspaceCalls({ dependency, host: 'https://dbc-1.example', workspaceId: '7' }, tokens).json(CALL);
  await createWorkspaceCalls({ dependency, host: 'https://dbc-1.example' }, tokens).json(CALL);
  expect(asked.map(({ headers }) => headers?.['x-databricks-workspace-id'])).toEqual(['7', undefined]);
});

test('no other refusal is asked twice', async () => {
  const { calls, asked } = start([[403, '{"error_code":"PERMISSION_DENIED","message":"no"}']]);
  await expect(calls.json(CALL)).rejects.toMatchObject({ code: 'access_denied' });
  expect(asked).toHaveLength(1);
});

test('an answer as it is, also one that refuses', async () => {
  const { calls } = start([[403, 'no']]);
  const response = await calls.raw(CALL);
  expect(response.status).toBe(403);
  expect(calls.refusalOf(response)).toMatchObject({ code: 'access_denied' });
});

test('nothing is an answer, and what is no JSON is none, of which nothing is quoted', async () => {
  expect(await start([[200, '']]).calls.json(CALL)).toEqual({});
  await expect(start([[200, '<hunter2>']]).calls.json(CALL)).rejects.toMatchObject({
    code: 'upstream_unavailable',
    message: expect.not.stringContaining('hunter2'),
  });
});
