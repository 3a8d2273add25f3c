import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeySet } from './keys/key-set.ts';
import { createPrincipalTokenVerifier } from './principal-token.ts';
import { createTestKey, NOON, NOON_MS } from './testing/test-issuer.ts';

const key = createTestKey('portal-1');
const verifier = createPrincipalTokenVerifier({
  issuer: 'https://portal.example',
  resource: 'https://mcp.example/mcp',
  keys: createKeySet({ keys: [key.jwk] }),
  now: () => NOON_MS,
  revocationOf: () => undefined,
});
const header = { alg: 'ES256', kid: 'portal-1', typ: 'at+jwt' };
const claims = {
  iss: 'https://portal.example',
  sub: '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01',
  aud: 'https://mcp.example/mcp',
  client_id: 'partner-portal',
  scope: 'sql genie',
  iat: NOON,
  exp: NOON + 900,
  jti: 'token-1',
  role: 'west_sales',
  groups: ['west_sales'],
  human: { iss: 'https://id.example', sub: 'user-1', email: 'pat@plain.example', idp: 'plain' },
  act: { iss: 'https://id.example', sub: 'user-1' },
};
const token = key.token(claims, header);

const expectRefused = async (candidate: string) => {
  expect(await verifier.verify(candidate)).toEqual({ ok: false, reason: expect.any(String) });
};

test('the untouched token is accepted', async () => {
  expect(await verifier.verify(token)).toMatchObject({ ok: true });
});

test('a token with any one bit of its bytes flipped is never accepted', async () => {
  const parts = token.split('.').map((part) => Buffer.from(part, 'base64url'));
  await fc.assert(
    fc.asyncProperty(fc.nat(2), fc.nat(), fc.nat(7), async (part, byte, bit) => {
      const changed = parts.map((bytes) => Buffer.from(bytes));
      const target = changed[part]!;
      target[byte % target.length]! ^= 1 << bit;
      await expectRefused(changed.map((bytes) => bytes.toString('base64url')).join('.'));
    }),
    { numRuns: 400 },
  );
});

test('a token with something cut out or put in is never accepted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(token.length), fc.nat(20), fc.string({ maxLength: 10 }), async (at, length, text) => {
      const edited = token.slice(0, at) + text + token.slice(at + length);
      if (edited !== token) await expectRefused(edited);
    }),
    { numRuns: 400 },
  );
});

test('the claims of one token under the signature of another are never accepted', async () => {
  const [head, , signature] = token.split('.');
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(claims)), fc.jsonValue(), async (name, value) => {
      const body = Buffer.from(JSON.stringify({ ...claims, [name]: value })).toString('base64url');
      const forged = `${head}.${body}.${signature}`;
      if (forged !== token) await expectRefused(forged);
    }),
    { numRuns: 200 },
  );
});

test('a member of the header that says anything else is never accepted, properly signed as it is', async () => {
  const name = fc.constantFrom('alg', 'typ', 'kid', 'crit');
  await fc.assert(
    fc.asyncProperty(name, fc.jsonValue(), async (member, value) => {
      const isSame = value === (header as Record<string, unknown>)[member];
      // RFC 9068 §4: the media type may be written in full, in any case.
      const isType = member === 'typ' && /^(application\/)?at\+jwt$/i.test(JSON.stringify(value).slice(1, -1));
      if (!isSame && !isType) await expectRefused(key.token(claims, { ...header, [member]: value }));
    }),
    { numRuns: 300 },
  );
});

test('properly signed nonsense never throws; who is accepted is for this resource, from this issuer, and not over', async () => {
  const wild = Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [
      name,
      fc.oneof({ weight: 8, arbitrary: fc.constant(value) }, fc.jsonValue()),
    ]),
  );
  await fc.assert(
    fc.asyncProperty(fc.record(wild, { requiredKeys: [] }), async (payload) => {
      const result = await verifier.verify(key.token(payload, header));
      if (!result.ok) return;
      expect(payload['iss']).toBe(claims.iss);
      expect([payload['aud']].flat()).toEqual([claims.aud]);
      expect(result.caller.principal.id).toBe(payload['sub']);
      expect(result.expiresAt.getTime()).toBeGreaterThan(NOON_MS);
    }),
    { numRuns: 500 },
  );
});
