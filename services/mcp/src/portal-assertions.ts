import { randomUUID } from 'node:crypto';
import { AppError, Secret } from '@causeway/core';
import type { AssertPrincipal } from '@causeway/platform';
import type { Dependency } from '@causeway/runtime';
import { type CryptoKey, importJWK, SignJWT } from 'jose';
import { z } from 'zod';

export interface PortalAssertionsOptions {
  /** The portal. */
  readonly issuer: string;
  /** Private JWK of the client. */
  readonly clientKey: Secret;
  readonly dependency: Dependency;
  readonly now: () => number;
}

const CLIENT_ID = 'causeway-mcp';
const PROOF_SECONDS = 60;

/** The portal's word to the workspace for whoever sent a principal token. Throws `config_invalid` for a key that is none. */
export async function createPortalAssertions(options: PortalAssertionsOptions): Promise<AssertPrincipal> {
  const { issuer, dependency, now } = options;
  const key = await readKey(options.clientKey);
  return async ({ credential, audience }) => {
    const askedAt = now();
    const response = await dependency.request({
      url: `${issuer.replace(/\/$/, '')}/oauth/token`,
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        // RFC 8693 §2.1: an audience and no resource, because the workspace is none of the portal's.
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: credential.reveal(),
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience,
        client_id: CLIENT_ID,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await proof(key, issuer, askedAt),
      }).toString(),
    });
    return readAnswer(response, askedAt);
  };
}

/** RFC 7523 §3: who this client is, for the portal alone, and once. */
function proof({ kid, key }: ClientKey, audience: string, nowMs: number): Promise<string> {
  const iat = Math.floor(nowMs / 1000);
  const claims = { iss: CLIENT_ID, sub: CLIENT_ID, aud: audience, jti: randomUUID(), iat, exp: iat + PROOF_SECONDS };
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', ...(kid !== undefined && { kid }) }).sign(key);
}

const granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
const refused = z.object({ error: z.string().max(100) });

function readAnswer({ status, body }: { status: number; body: Uint8Array }, askedAt: number) {
  const answer = parseJson(body);
  if (status !== 200) {
    const { data } = refused.safeParse(answer);
    throw new AppError('exchange_denied', `the portal gives no assertion: ${status} ${data?.error ?? ''}`.trimEnd());
  }
  const parsed = granted.safeParse(answer);
  if (!parsed.success) throw new AppError('upstream_unavailable', 'the portal’s answer holds no assertion');
  const { access_token: token, expires_in: seconds } = parsed.data;
  return { token: new Secret(token), expiresAt: askedAt + seconds * 1000 };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

interface ClientKey {
  readonly kid: string | undefined;
  readonly key: CryptoKey | Uint8Array;
}

const privateKey = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string().optional(),
});

async function readKey(secret: Secret): Promise<ClientKey> {
  const parsed = privateKey.safeParse(parseJson(Buffer.from(secret.reveal())));
  if (!parsed.success) throw notAKey();
  const { kid, ...jwk } = parsed.data;
  return {
    kid,
    key: await importJWK(jwk, 'ES256').catch(() => {
      throw notAKey();
    }),
  };
}

// The reader's own words would quote the key.
const notAKey = () => new AppError('config_invalid', 'PORTAL_CLIENT_KEY: not a private JWK of the curve P-256');
