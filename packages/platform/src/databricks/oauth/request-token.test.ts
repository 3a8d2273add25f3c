import { Secret } from '@causeway/core';
import type { OutboundCall, OutboundResponse } from '@causeway/runtime';
import { describe, expect, test } from 'vitest';
import { exchangeAssertion } from './exchange-assertion.ts';
import { createMachineTokens } from './machine-tokens.ts';

const TOKEN = 'https://dbc-1.example/oidc/v1/token';

function workspace(status: number, body: unknown) {
  const asked: OutboundCall[] = [];
  const request = async (call: OutboundCall): Promise<OutboundResponse> => {
    asked.push(call);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return { status, headers: {}, body: new TextEncoder().encode(text), truncated: false };
  };
  const dependency = { name: 'databricks', breaker: 'closed' as const, request, close: async () => undefined };
  return { asked, dependency, endpoint: { url: async () => TOKEN }, now: () => 1_000_000 };
}

const GRANTED = { access_token: 'dapi', token_type: 'Bearer', expires_in: 3600, scope: 'sql' };

function exchange(status: number, body: unknown, assertionMs = 600_000) {
  const world = workspace(status, body);
  const spoken: object[] = [];
  const assert = async (request: { readonly credential: Secret; readonly audience: string }) => {
    spoken.push({ credential: request.credential.reveal(), audience: request.audience });
    return { token: new Secret('assertion'), expiresAt: 1_000_000 + assertionMs };
  };
  const asked = { credential: new Secret('principal token'), principal: 'p1', scope: 'sql' };
  return { ...world, spoken, token: exchangeAssertion({ ...world, assert }, asked) };
}

describe('federation', () => {
  test('the portal’s word goes to the workspace, the caller’s own token does not', async () => {
    const { asked, spoken, token } = exchange(200, GRANTED);
    expect((await token).token.reveal()).toBe('dapi');
    expect(spoken).toEqual([{ credential: 'principal token', audience: TOKEN }]);
    expect(Object.fromEntries(new URLSearchParams(String(asked[0]?.body)))).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'assertion',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      client_id: 'p1',
      scope: 'sql',
    });
    expect(asked[0]).toMatchObject({ url: TOKEN, method: 'POST' });
    expect(asked[0]?.headers).not.toHaveProperty('authorization');
  });

  test('a token is over with its assertion, whatever else is said of it', async () => {
    expect((await exchange(200, GRANTED).token).expiresAt).toBe(1_600_000);
    expect((await exchange(200, { ...GRANTED, expires_in: 60 }).token).expiresAt).toBe(1_060_000);
  });

  test.each([
    [400, { error: 'invalid_grant', error_description: 'aud' }],
    [401, { error: 'invalid_grant', error_description: 'iss' }],
    [403, 'OIDC policy validation failed'],
    [401, ''],
    [302, ''],
  ])('a refusal with %i is exchange_denied, and its reason is kept', async (status, body) => {
    const reason = typeof body === 'string' ? body : body.error_description;
    await expect(exchange(status, body).token).rejects.toMatchObject({
      code: 'exchange_denied',
      message: expect.stringContaining(reason),
    });
  });

  test.each([
    ['no token', { ...GRANTED, access_token: '' }],
    ['no end', { access_token: 'dapi', token_type: 'Bearer' }],
    ['a token of another kind', { ...GRANTED, token_type: 'N_A' }],
    ['no JSON', 'dapi'],
  ])('an answer with %s is none, and nothing of it is said', async (_, body) => {
    await expect(exchange(200, body).token).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.not.stringContaining('dapi'),
    });
  });
});

test('a machine proves itself by its secret, which stands in no body, and keeps its token', async () => {
  const world = workspace(200, GRANTED);
  const machine = createMachineTokens({ ...world, clientId: 'id:1', clientSecret: new Secret('s/+ ü') });
  await Promise.all([machine.token('sql'), machine.token('sql')]);
  expect(world.asked).toHaveLength(1);
  const [call] = world.asked;
  const basic = Buffer.from(call?.headers?.['authorization']?.replace('Basic ', '') ?? '', 'base64').toString();
  expect(basic).toBe('id%3A1:s%2F%2B+%C3%BC');
  expect(String(call?.body)).toBe('grant_type=client_credentials&scope=sql');
});
