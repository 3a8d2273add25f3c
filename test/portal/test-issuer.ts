import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Readonly<Record<string, unknown>>;

/** A provider of the test's own: it publishes what it is told to, and signs anything. */
export interface TestIssuer {
  readonly issuer: string;
  readonly publicPem: string;
  /** What it answers instead of its keys, for providers in trouble. */
  answerKeysWith(answer: { status: number; body: string } | undefined): void;
  claims(overrides?: Json): Json;
  /** Signed by the published key. Texts are taken as they are. */
  token(payload?: Json | string, header?: Json | string): string;
  /** Signed by a key that nobody published. */
  forgery(payload?: Json): string;
  stop(): Promise<void>;
}

export const TEST_AUDIENCE = 'test-audience';
const KID = 'test-key';

export async function startTestIssuer(): Promise<TestIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256', use: 'sig' }] };
  let broken: { status: number; body: string } | undefined;
  const server = createServer((request, response) => {
    const isKeys = request.url === '/keys';
    const body = JSON.stringify(isKeys ? keys : { issuer, jwks_uri: `${issuer}/keys` });
    response.writeHead(isKeys ? (broken?.status ?? 200) : 200, { 'content-type': 'application/json' });
    response.end(isKeys ? (broken?.body ?? body) : body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const claims = (overrides: Json = {}): Json => {
    const now = Math.floor(Date.now() / 1000);
    const own = { iss: issuer, sub: 'tess', aud: TEST_AUDIENCE, iat: now, exp: now + 600, jti: randomUUID() };
    return { ...own, roles: ['tester'], ...overrides };
  };
  const signed = (key: KeyObject, payload: Json | string, header: Json | string = {}) => {
    const head =
      typeof header === 'string' ? header : JSON.stringify({ alg: 'ES256', kid: KID, typ: 'JWT', ...header });
    const input = `${encode(head)}.${encode(typeof payload === 'string' ? payload : JSON.stringify(payload))}`;
    return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  return {
    issuer,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    answerKeysWith: (answer) => {
      broken = answer;
    },
    claims,
    token: (payload = claims(), header = {}) => signed(privateKey, payload, header),
    forgery: (payload = claims()) => signed(stranger, payload),
    stop: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

export const encode = (text: string): string => Buffer.from(text).toString('base64url');
