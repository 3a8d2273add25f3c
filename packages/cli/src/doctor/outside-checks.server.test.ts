import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { openCertificates } from '@causeway/local/certificates';
import { expect, onTestFinished, test } from 'vitest';

import { runChecks } from './doctor-check.ts';
import { outsideChecks } from './outside-checks.ts';

// What is only wrong off loopback: 0.0.0.0 is an address of this machine that counts as none.
test.each([
  ['operations', '/metrics is public'],
  ['certificate', 'plain http'],
])('%s: %s', async (name, found) => {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const mcp = `http://0.0.0.0:${(server.address() as AddressInfo).port}`;
  const findings = await runChecks(outsideChecks({ portal: undefined, mcp }), AbortSignal.timeout(10_000));
  expect(findings.find(({ check }) => check === `mcp: ${name}`)).toMatchObject({ status: 'wrong', found });
});

test.each([
  [360, 'wrong', 'the certificate ends in 4 days'],
  [340, 'ok', 'good for 24 days'],
])('a certificate that is %i days old and holds for 365: %s', async (days, status, found) => {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-doctor-'));
  const { key, cert, ca } = await openCertificates(dir, new Date(Date.now() - days * 86_400_000));
  const server = createTlsServer({ key, cert }, (_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const known = getCACertificates('default');
  setDefaultCACertificates([...known, ca]);
  onTestFinished(() => {
    setDefaultCACertificates(known);
    server.close();
    rmSync(dir, { recursive: true });
  });
  const portal = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const findings = await runChecks(outsideChecks({ portal, mcp: undefined }), AbortSignal.timeout(10_000));
  expect(findings.find(({ check }) => check === 'portal: certificate')).toMatchObject({ status, found });
});
