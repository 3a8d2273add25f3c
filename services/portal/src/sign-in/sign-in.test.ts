import { generateKeyPairSync, sign } from 'node:crypto';
import type { TrustedProviders } from '@causeway/auth';
import { demoPolicy } from '@causeway/platform/testing';
import * as client from 'openid-client';
import { beforeEach, expect, test } from 'vitest';
import { MemoryStateStore } from '../state/testing/memory-state-store.ts';
import type { PartnerClient } from './partner-clients.ts';
import { SignIn } from './sign-in.ts';

const document = await demoPolicy();
const northwind = document.policy.providers.find(({ id }) => id === 'northwind')!;
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = publicKey.toCryptoKey({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, true, ['verify']);

const wanda = { issuer: northwind.issuer, subject: 'auth0|wanda', email: 'wanda@northwind.example', idp: 'northwind' };
const account = { human: wanda, claims: { sub: wanda.subject, roles: 'before' }, refreshToken: 'rt-1' };

let answer: { status: number; body: object };
let asked: number;
beforeEach(() => {
  asked = 0;
  answer = { status: 200, body: {} };
});

function setUp(): SignIn {
  const configuration = new client.Configuration(
    { issuer: northwind.issuer, token_endpoint: `${northwind.issuer}oauth/token` },
    'causeway-portal',
    'secret',
  );
  configuration[client.customFetch] = async () => {
    asked += 1;
    return Response.json(answer.body, { status: answer.status });
  };
  client.allowInsecureRequests(configuration);
  const partner: PartnerClient = { provider: northwind, configuration, redirectUri: 'http://127.0.0.1/callback' };
  const keys = { find: async () => ({ ok: true as const, key }) };
  return new SignIn({
    clients: { find: async () => partner } as never,
    store: new MemoryStateStore(),
    document: () => document,
    providers: { route: () => ({ ok: true, settings: {}, keys }) } as unknown as TrustedProviders,
    ownIssuer: 'http://127.0.0.1:8700',
    now: Date.now,
  });
}

function idToken(claims: object): string {
  const iat = Math.floor(Date.now() / 1000);
  const payload = { iss: northwind.issuer, aud: 'causeway-portal', iat, exp: iat + 300, ...claims };
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode({ alg: 'RS256', kid: 'k' })}.${encode(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

const tokens = (more: object) => ({ access_token: 'at', token_type: 'bearer', ...more });

test('a provider that still has the person renews what is known of them', async () => {
  const roles = { 'https://northwind.example/roles': ['east-reps'] };
  answer.body = tokens({ id_token: idToken({ sub: wanda.subject, ...roles }), refresh_token: 'rt-2' });
  expect(await setUp().renew('northwind', account)).toMatchObject({
    human: { subject: wanda.subject },
    claims: roles,
    refreshToken: 'rt-2',
  });
});

test('an answer about another person is no answer', async () => {
  answer.body = tokens({ id_token: idToken({ sub: 'auth0|erik' }) });
  await expect(setUp().renew('northwind', account)).rejects.toMatchObject({ code: 'upstream_unavailable' });
});

test('a refresh token goes to the provider that gave it, and not to another one that has its name now', async () => {
  answer.body = tokens({ id_token: idToken({ sub: wanda.subject }), refresh_token: 'rt-2' });
  const before = { ...account, human: { ...wanda, issuer: 'https://northwind-before.example/' } };
  expect([await setUp().renew('northwind', before), asked]).toEqual([undefined, 0]);
  await setUp().renew('northwind', account);
  expect(asked).toBe(1);
});

test.each([
  [400, 'invalid_grant'],
  [403, 'access_denied'],
  [401, 'unauthorized'],
])('a refusal says that the person is out: %i %s', async (status, error) => {
  answer = { status, body: { error } };
  expect(await setUp().renew('northwind', account)).toBeUndefined();
});

test.each([
  [429, 'too_many_requests'],
  [408, 'request_timeout'],
  [401, 'invalid_client'],
  [400, 'unauthorized_client'],
  [400, 'temporarily_unavailable'],
  [503, 'invalid_grant'],
])('what a provider says of us or of itself ends nobody’s sign-in: %i %s', async (status, error) => {
  answer = { status, body: { error } };
  await expect(setUp().renew('northwind', account)).rejects.toMatchObject({ code: 'upstream_unavailable' });
});
