import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { issuerOf } from '@causeway/local/issuers';
import type { IdpId } from '@causeway/local/people';
import { signInAs } from '@causeway/local/sign-in-as';
import { startLocalStack } from '@causeway/local/stack';
import { freeStackPorts } from '@causeway/local/testing/stack-ports';
import { basic } from './token-request.ts';

/** The whole stack as `npm start` runs it, seen from the portal. */
export interface PortalStack {
  readonly url: string;
  readonly resource: string;
  /** Of the agent's client. */
  readonly secret: string;
  /** The same as a header. */
  readonly supervisor: Record<string, string>;
  /** An access token of a provider, by a sign-in there. */
  tokenOf(idp: IdpId, email: string): Promise<string>;
  /** What `npx causeway …` prints. */
  causeway(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

export async function startPortalStack(): Promise<PortalStack> {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-portal-e2e-'));
  const ports = await freeStackPorts();
  const dataDir = join(dir, '.causeway');
  const stack = await startLocalStack({ dataDir, ports });
  const { PORTAL_PUBLIC_URL: url, MCP_PUBLIC_URL: mcp } = stack.environment;
  const secret = readFileSync(join(dataDir, 'clients/supervisor.secret'), 'utf8').trim();
  return {
    url,
    resource: `${mcp}/mcp`,
    secret,
    supervisor: basic('supervisor', secret),
    tokenOf: async (idp, email) => {
      const issuer = issuerOf(idp, `http://127.0.0.1:${ports.identityProviders}`);
      return (await signInAs({ issuer, email })).accessToken;
    },
    causeway: async (...args) => {
      const options = { cwd: dir, env: { ...process.env, PORTAL_PUBLIC_URL: url } };
      return (await promisify(execFile)(process.execPath, [CLI, ...args], options)).stdout;
    },
    stop: async () => {
      await stack.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
