import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parsePolicy } from '@causeway/policy';
import { afterEach, expect, test } from 'vitest';

import { demoPolicy } from './demo-policy.ts';
import { issuerOf } from './idp/issuers.ts';
import { readPorts } from './ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'demo, policy '));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const checkedIn = fileURLToPath(new URL('../policy.yaml', import.meta.url));
const elsewhere = { CAUSEWAY_PORT_IDP: '4710', CAUSEWAY_PORT_PARTNER_API: '4711', CAUSEWAY_PORT_MCP: '4701' };

test('the standard stack runs on the policy that is checked in', () => {
  const dataDir = fileURLToPath(new URL('../../../.causeway', import.meta.url));
  expect(demoPolicy({ dataDir, ports: readPorts({}) })).toBe(checkedIn);
});

test('a stack elsewhere runs on a copy that names its own ports and files', async () => {
  mkdirSync(folder, { recursive: true });
  const file = demoPolicy({ dataDir: folder, ports: readPorts(elsewhere) });
  const { policy } = await parsePolicy(readFileSync(file, 'utf8'), { file });
  expect(file).toBe(join(folder, 'policy.yaml'));
  expect(policy.resource).toBe('http://127.0.0.1:4701/mcp');
  expect(policy.workspace?.issuer).toBe(issuerOf('workspace', 'http://127.0.0.1:4710'));
  expect(policy.providers.map(({ issuer }) => issuer)).toEqual(
    (['northwind', 'fabrikam', 'contoso'] as const).map((idp) => issuerOf(idp, 'http://127.0.0.1:4710')),
  );
  expect(policy.connections['orders']).toMatchObject({
    baseUrl: 'https://127.0.0.1:4711/v1',
    caFile: 'partner-ca/ca.pem',
  });
  expect(readFileSync(file, 'utf8')).not.toContain('.causeway/');
});

test('the copy says the same in every other line', async () => {
  mkdirSync(folder, { recursive: true });
  const copy = readFileSync(demoPolicy({ dataDir: folder, ports: readPorts(elsewhere) }), 'utf8').split('\n');
  const original = readFileSync(checkedIn, 'utf8').split('\n');
  expect(copy.length).toBe(original.length);
  const changed = original.filter((line, at) => line !== copy[at]);
  expect(changed.every((line) => /127\.0\.0\.1:\d|\.causeway\/|^semanticModel: /.test(line))).toBe(true);
});
