import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { openCertificates } from './certificates.ts';

const DAY_MS = 86_400_000;
const now = new Date('2026-11-20T00:00:00Z');
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'causeway-ca-'));
});

afterEach(() => rmSync(dir, { recursive: true }));

test('the certificate is for loopback, signed by the CA, and cannot sign', async () => {
  const { cert, ca } = await openCertificates(dir, now);
  const [server, issuer] = [new X509Certificate(cert), new X509Certificate(ca)];
  expect(server.verify(issuer.publicKey)).toBe(true);
  expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect([issuer.ca, server.ca]).toEqual([true, false]);
});

test('the second start uses the same ones', async () => {
  const first = await openCertificates(dir, now);
  expect(await openCertificates(dir, new Date(now.getTime() + 300 * DAY_MS))).toEqual(first);
});

test('they are made again a month before they expire', async () => {
  const first = await openCertificates(dir, now);
  const later = await openCertificates(dir, new Date(now.getTime() + 340 * DAY_MS));
  expect(later.ca).not.toBe(first.ca);
});

test.each(['ca.pem', 'server.pem', 'server.key'])('they are made again when %s is missing or damaged', async (name) => {
  const first = await openCertificates(dir, now);
  rmSync(join(dir, name));
  const second = await openCertificates(dir, now);
  expect(second.cert).not.toBe(first.cert);
  writeFileSync(join(dir, name), 'damaged');
  expect((await openCertificates(dir, now)).cert).not.toBe(second.cert);
});

test('a key of another certificate does not count', async () => {
  const { key } = await openCertificates(dir, now);
  rmSync(join(dir, 'ca.pem'));
  const second = await openCertificates(dir, now);
  writeFileSync(join(dir, 'server.key'), key);
  expect((await openCertificates(dir, now)).cert).not.toBe(second.cert);
});

test('a certificate of another CA does not count', async () => {
  const { ca } = await openCertificates(dir, now);
  rmSync(join(dir, 'server.key'));
  const second = await openCertificates(dir, now);
  writeFileSync(join(dir, 'ca.pem'), ca);
  expect((await openCertificates(dir, now)).cert).not.toBe(second.cert);
});

test('the key of the CA is kept nowhere, and the files are for their owner alone', async () => {
  await openCertificates(dir, now);
  expect(readdirSync(dir).toSorted()).toEqual(['ca.pem', 'server.key', 'server.pem']);
  for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o077).toBe(0);
});
