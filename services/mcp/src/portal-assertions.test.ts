import { Secret } from '@causeway/core';
import type { OutboundCall, OutboundResponse } from '@causeway/runtime';
import { exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { createPortalAssertions } from './portal-assertions.ts';

const ISSUER = 'https://portal.example';
const AUDIENCE = 'https://dbc-1.example/oidc/v1/token';
const NOW = 1_790_000_000_000;

const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
const jwk = { ...(await exportJWK(privateKey)), kid: 'k1', alg: 'ES256' };

async function ask(status: number, body: unknown) {
  const asked: OutboundCall[] = [];
  const request = async (call: OutboundCall): Promise<OutboundResponse> => {
    asked.push(call);
    return { status, headers: {}, body: Buffer.from(JSON.stringify(body)), truncated: false };
  };
  const dependency = { name: 'portal', breaker: 'closed' as const, request, close: async () => undefined };
  const clientKey = new Secret(JSON.stringify(jwk));
  const assert = await createPortalAssertions({ issuer: ISSUER, clientKey, dependency, now: () => NOW });
  return { asked, answer: assert({ credential: new Secret('principal token'), audience: AUDIENCE }) };
}

const GRANTED = { access_token: 'assertion', token_type: 'N_A', expires_in: 600 };

test('the portal is asked for this audience, in exchange for the caller’s token', async () => {
  const { asked, answer } = await ask(200, GRANTED);
  const { token, expiresAt } = await answer;
  expect([token.reveal(), expiresAt]).toEqual(['assertion', NOW + 600_000]);
  expect(asked[0]).toMatchObject({ url: `${ISSUER}/oauth/token`, method: 'POST' });
  const form = Object.fromEntries(new URLSearchParams(String(asked[0]?.body)));
  expect(form).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: 'principal token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: AUDIENCE,
    client_id: 'causeway-mcp',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: expect.any(String),
  });
});

test('this client proves itself anew each time, to the portal alone, for a minute', async () => {
  const proofs = await Promise.all(
    [1, 2].map(async () => {
      const { asked, answer } = await ask(200, GRANTED);
      await answer;
      const proof = new URLSearchParams(String(asked[0]?.body)).get('client_assertion') ?? '';
      return jwtVerify(proof, publicKey, { currentDate: new Date(NOW), audience: ISSUER, issuer: 'causeway-mcp' });
    }),
  );
  const [first, second] = proofs;
  expect(first?.protectedHeader).toEqual({ alg: 'ES256', kid: 'k1' });
  expect(first?.payload).toMatchObject({ sub: 'causeway-mcp', iat: NOW / 1000, exp: NOW / 1000 + 60 });
  expect(first?.payload.jti).not.toBe(second?.payload.jti);
});

test('what the portal refuses is exchange_denied, and names its code alone', async () => {
  const { answer } = await ask(400, { error: 'invalid_target', error_description: 'hunter2' });
  await expect(answer).rejects.toMatchObject({
    code: 'exchange_denied',
    message: 'the portal gives no assertion: 400 invalid_target',
  });
});

test.each([{ ...GRANTED, access_token: '' }, { access_token: 'assertion' }, 'assertion'])(
  'an answer without an assertion is none: %j',
  async (body) => {
    const { answer } = await ask(200, body);
    await expect(answer).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.not.stringContaining('"assertion"'),
    });
  },
);

describe('a key that is none ends the start, and is not quoted', () => {
  const dependency = { name: 'portal', breaker: 'closed' as const } as never;
  test.each([
    ['no JSON', 'hunter2'],
    ['a public key', JSON.stringify({ ...jwk, d: undefined })],
    ['another curve', JSON.stringify({ ...jwk, crv: 'P-384' })],
    ['a damaged key', JSON.stringify({ ...jwk, x: 'hunter2' })],
  ])('%s', async (_, text) => {
    const options = { issuer: ISSUER, clientKey: new Secret(text), dependency, now: Date.now };
    await expect(createPortalAssertions(options)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.not.stringContaining('hunter2'),
    });
  });
});
