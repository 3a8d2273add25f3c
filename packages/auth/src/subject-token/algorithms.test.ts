import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import type { Algorithm } from '../jwt/algorithm.ts';
import { NOON, NOON_MS } from '../testing/test-issuer.ts';
import { OIDC, trusted } from '../testing/test-providers.ts';
import { createSubjectTokenVerifier } from './subject-token-verifier.ts';

const now = () => NOON_MS;
const ALL: readonly Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'];

test.each(ALL)('a provider that signs with %s is understood, by those who allow it and no one else', async (alg) => {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k' };
  const token = await new SignJWT({ iss: OIDC.issuer, sub: 'user-1', aud: OIDC.audience, iat: NOON, exp: NOON + 60 })
    .setProtectedHeader({ alg, kid: 'k' })
    .sign(privateKey);
  const verify = (algorithms: readonly Algorithm[]) => {
    const key = { kid: 'k', alg: 'ES256' as const, jwk, publicPem: '', token: () => '' };
    const providers = trusted([[{ ...OIDC, algorithms }, [key]]], now);
    return createSubjectTokenVerifier({ providers, ownIssuer: 'https://portal.example', now }).verify(token);
  };
  expect(await verify([alg])).toMatchObject({ ok: true });
  const others = ALL.filter((other) => other !== alg);
  expect(await verify(others)).toMatchObject({ ok: false, reason: 'algorithm_not_allowed' });
});
