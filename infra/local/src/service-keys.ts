import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { LocalEnvironment, StackPlace } from './local-environment.ts';
import { writePrivateFile } from './write-private-file.ts';

/** The keys and secrets of the services and of the demo's clients: each made once. */
export function makeServiceKeys({ dataDir }: Pick<StackPlace, 'dataDir'>, environment: LocalEnvironment): void {
  const { AUDIT_SIGNING_KEY_FILE, AUDIT_PRODUCER_KEY_FILE, PORTAL_COOKIE_KEY_FILE, HANDLE_KEY_FILE } = environment;
  const clients = join(dataDir, 'clients');
  makeOnce(AUDIT_SIGNING_KEY_FILE, newSigningKey);
  makeOnce(AUDIT_PRODUCER_KEY_FILE, newSecret);
  makeOnce(PORTAL_COOKIE_KEY_FILE, newSecret);
  makeOnce(HANDLE_KEY_FILE, () => `k1:${newSecret()}`);
  makeOnce(join(clients, 'supervisor.secret'), newSecret);
  makeClientKey(environment.PORTAL_CLIENT_KEY_FILE, join(clients, 'causeway-mcp.jwks.json'));
}

function makeOnce(file: string, make: () => string): void {
  if (existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writePrivateFile(file, make());
}

const newSecret = () => `${randomBytes(32).toString('base64url')}\n`;

function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return privateKey;
}

/** One without the other is of no use. */
function makeClientKey(file: string, published: string): void {
  if (existsSync(file) && existsSync(published)) return;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const about = { kid: randomBytes(8).toString('base64url'), alg: 'ES256', use: 'sig' };
  const publicJwk = { ...publicKey.export({ format: 'jwk' }), ...about };
  writePrivateFile(file, json({ ...privateKey.export({ format: 'jwk' }), ...about }));
  writePrivateFile(published, json({ keys: [publicJwk] }));
}

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
