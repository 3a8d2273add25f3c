import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

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
