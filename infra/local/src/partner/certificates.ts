import 'reflect-metadata';

import { createPrivateKey, KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  AuthorityKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

import { writePrivateFile } from '../write-private-file.ts';

export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 365;
const RENEW_WITHIN_DAYS = 30;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/**
 * The certificate of the partner API and the CA that signed it, made on first use and again when a part is missing, does not fit
 * or soon expires. The CA's key is never kept: nobody can sign anything else that a service would trust.
 */
export async function openCertificates(dir: string, now = new Date()): Promise<ServerCertificate> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const kept = readCertificates(dir);
  if (kept !== undefined && isUsable(kept, now)) return kept;
  const made = await makeCertificates(now);
  writePrivateFile(join(dir, 'server.key'), made.key);
  writePrivateFile(join(dir, 'server.pem'), made.cert);
  writePrivateFile(join(dir, 'ca.pem'), made.ca);
  return made;
}

function readCertificates(dir: string): ServerCertificate | undefined {
  try {
    const read = (name: string) => readFileSync(join(dir, name), 'utf8');
    return { key: read('server.key'), cert: read('server.pem'), ca: read('ca.pem') };
  } catch {
    return undefined;
  }
}

function isUsable({ key, cert, ca }: ServerCertificate, now: Date): boolean {
  try {
    const [server, issuer] = [new X509Certificate(cert), new X509Certificate(ca)];
    const lasts = [server, issuer].every(
      ({ validTo }) => Date.parse(validTo) - now.getTime() > RENEW_WITHIN_DAYS * DAY_MS,
    );
    return lasts && server.verify(issuer.publicKey) && server.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

async function makeCertificates(now: Date): Promise<ServerCertificate> {
  const validity = {
    notBefore: new Date(now.getTime() - 3_600_000),
    notAfter: new Date(now.getTime() + LIFETIME_DAYS * DAY_MS),
  };
  const [caKeys, serverKeys] = await Promise.all([newKeys(), newKeys()]);
  const ca = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: 'CN=Causeway local partner CA',
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const server = await X509CertificateGenerator.create({
    ...validity,
    subject: 'CN=127.0.0.1',
    issuer: ca.subject,
    publicKey: serverKeys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
      ]),
      await AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  return { key: await keyToPem(serverKeys.privateKey), cert: server.toString('pem'), ca: ca.toString('pem') };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function keyToPem(key: webcrypto.CryptoKey): Promise<string> {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}
