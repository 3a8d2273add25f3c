import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import type { LocalEnvironment } from './local-environment.ts';
import { writePrivateFile } from './write-private-file.ts';

type Place = Pick<LocalEnvironment, 'AUDIT_SIGNING_KEY_FILE' | 'AUDIT_PRODUCER_KEY_FILE'>;

/** The keys of the audit trail, made once: one signs the heads of the chain, the other the batches on their way. */
export function makeAuditKeys({ AUDIT_SIGNING_KEY_FILE, AUDIT_PRODUCER_KEY_FILE }: Place): void {
  mkdirSync(dirname(AUDIT_SIGNING_KEY_FILE), { recursive: true, mode: 0o700 });
  if (!existsSync(AUDIT_SIGNING_KEY_FILE)) writePrivateFile(AUDIT_SIGNING_KEY_FILE, newSigningKey());
  if (!existsSync(AUDIT_PRODUCER_KEY_FILE)) {
    writePrivateFile(AUDIT_PRODUCER_KEY_FILE, `${randomBytes(32).toString('base64url')}\n`);
  }
}

function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return privateKey;
}
