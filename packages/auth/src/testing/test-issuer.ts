import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { JWK } from 'jose';

/** Noon. Tests move their clock from here. */
export const NOON_MS = Date.UTC(2026, 10, 20, 12);
export const NOON = NOON_MS / 1000;

type Json = Readonly<Record<string, unknown>>;

/** Signs whatever it is told to, right or wrong, without the help of the library under test. */
export interface TestKey {
  readonly kid: string;
  readonly alg: 'RS256' | 'ES256';
  readonly jwk: JWK;
  readonly publicPem: string;
  /** Texts are signed as they are. */
  token(payload: Json | string, header?: Json | string): string;
}

export function createTestKey(kid: string, alg: 'RS256' | 'ES256' = 'ES256', bits = 2048): TestKey {
  const privateKey = newKey(alg, bits);
  const publicKey = createPublicKey(privateKey);
  const jwk: JWK = { ...(publicKey.export({ format: 'jwk' }) as JWK), kid, alg, use: 'sig' };
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return {
    kid,
    alg,
    jwk,
    publicPem,
    token: (payload, header = {}) => {
      const headerText = typeof header === 'string' ? header : JSON.stringify({ alg, kid, ...header });
      const payloadText = typeof payload === 'string' ? payload : JSON.stringify(payload);
      return signed(signingInput(headerText, payloadText), privateKey);
    },
  };
}

export function signingInput(header: string, payload: string): string {
  return `${encode(header)}.${encode(payload)}`;
}

/** HS256 with the text as the secret: the classic confusion. */
export function hmacToken(payload: Json, secret: string, header: Json): string {
  const input = signingInput(JSON.stringify({ alg: 'HS256', ...header }), JSON.stringify(payload));
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

const encode = (text: string) => Buffer.from(text).toString('base64url');

function newKey(alg: 'RS256' | 'ES256', bits: number): KeyObject {
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return generateKeyPairSync('rsa', { modulusLength: bits }).privateKey;
}

function signed(input: string, key: KeyObject): string {
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
