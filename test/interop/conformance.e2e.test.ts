import { ELENA } from '@causeway/test-portal/authorize';
import { freePort } from '@causeway/runtime/testing/free-ports';
import { type PortalWorld, RESOURCE, startPortalWorld } from '@causeway/test-portal/portal-world';
import { requirement } from '@causeway/test-e2e/requirement';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect } from 'vitest';
import { agree } from './agree.ts';

const require = createRequire(import.meta.url);
const SUITE = require.resolve('@modelcontextprotocol/conformance/dist/index.js');

let world: PortalWorld;
beforeAll(async () => {
  world = await startPortalWorld();
});
afterAll(() => world?.stop());

/** It prints the address that a person is to open, and waits for where that leads. */
async function runSuite(callbackPort: number): Promise<{ readonly code: unknown; readonly output: string }> {
  const target = ['--url', world.url, '--client-id', 'demo-agent-host', '--resource', RESOURCE];
  const suite = spawn(process.execPath, [SUITE, 'authorization', ...target, '-p', String(callbackPort)]);
  const [errors, ended] = [text(suite.stderr), new Promise((resolve) => suite.once('close', resolve))];
  const lines: string[] = [];
  for await (const line of createInterface(suite.stdout)) {
    lines.push(line);
    if (line.startsWith(`${world.url}/oauth/authorize?`)) {
      await fetch(await agree(new URL(line), ELENA, `http://127.0.0.1:${callbackPort}/`));
    }
  }
  return { code: await ended, output: [...lines, await errors].join('\n') };
}

requirement(
  ['portal-metadata-oauth', 'portal-authorize-pkce'],
  'the official conformance suite passes the portal as an authorization server',
  async () => {
    const { code, output } = await runSuite(await freePort());
    expect(output).toContain('authorization-server-metadata-endpoint');
    expect(output).toContain('authorization-code-grant');
    expect(output).toContain('Ensure http://127.0.0.1');
    expect({ code, output }).toMatchObject({ code: 0, output: expect.not.stringMatching(/FAILURE|SKIPPED/) });
  },
);
