import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { LocalEnvironment, StackPlace } from './local-environment.ts';
import { writePrivateFile } from './write-private-file.ts';

/** What the portal seals cookies with, and what its demo clients prove themselves with: each made once. */
export function makePortalKeys({ dataDir }: Pick<StackPlace, 'dataDir'>, environment: LocalEnvironment): void {
  const { PORTAL_COOKIE_KEY_FILE, PORTAL_CLIENT_KEY_FILE } = environment;
  const clients = join(dataDir, 'clients');
  for (const folder of [dirname(PORTAL_COOKIE_KEY_FILE), clients]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const file of [PORTAL_COOKIE_KEY_FILE, join(clients, 'supervisor.secret')]) {
    if (!existsSync(file)) writePrivateFile(file, `${randomBytes(32).toString('base64url')}\n`);
  }
  const published = join(clients, 'causeway-mcp.jwks.json');
  if (!existsSync(PORTAL_CLIENT_KEY_FILE) || !existsSync(published)) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const about = { kid: randomBytes(8).toString('base64url'), alg: 'ES256', use: 'sig' };
    const publicJwk = { ...publicKey.export({ format: 'jwk' }), ...about };
    writePrivateFile(PORTAL_CLIENT_KEY_FILE, json({ ...privateKey.export({ format: 'jwk' }), ...about }));
    writePrivateFile(published, json({ keys: [publicJwk] }));
  }
}

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
