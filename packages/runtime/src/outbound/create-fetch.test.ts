import { expect, test } from 'vitest';
import { createFetch } from './create-fetch.ts';
import type { OutboundCall } from './outbound-call.ts';

function answering(status: number, body = '') {
  const calls: OutboundCall[] = [];
  const request = async (call: OutboundCall) => {
    calls.push(call);
    return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(body), truncated: false };
  };
  return { calls, name: 'northwind', breaker: 'closed' as const, request, close: async () => {} };
}

test('a request goes through the dependency, and its answer comes back as a Response', async () => {
  const dependency = answering(400, '{"error":"invalid_grant"}');
  const fetch = createFetch(dependency, { bodyMaxBytes: 5000 });
  const body = new URLSearchParams({ grant_type: 'x' });
  const response = await fetch('https://idp.example/token', { method: 'POST', body, redirect: 'manual' });
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ error: 'invalid_grant' });
  expect(dependency.calls).toEqual([
    {
      bodyMaxBytes: 5000,
      url: new URL('https://idp.example/token'),
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
      signal: expect.any(AbortSignal),
      body: new TextEncoder().encode('grant_type=x'),
    },
  ]);
});

test('the abort of the caller reaches the call', async () => {
  const dependency = answering(200);
  const caller = new AbortController();
  await createFetch(dependency)(new Request('https://idp.example/'), { signal: caller.signal });
  caller.abort();
  expect(dependency.calls[0]?.signal?.aborted).toBe(true);
});

test.each([204, 304])('status %d has no body', async (status) => {
  const response = await createFetch(answering(status))('https://idp.example/');
  expect([response.status, response.body]).toEqual([status, null]);
});

test('refuses credentials in the URL without repeating them', async () => {
  await expect(createFetch(answering(200))('https://user:hunter2@idp.example/')).rejects.toMatchObject({
    code: 'upstream_rejected',
    message: 'northwind: the URL holds user information',
  });
});

test('refuses a method that it does not know', async () => {
  await expect(createFetch(answering(200))('https://idp.example/', { method: 'PURGE' })).rejects.toMatchObject({
    code: 'internal',
  });
});
