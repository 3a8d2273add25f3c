import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issuerOf } from '@causeway/local/issuers';
import { freeStackPorts } from '@causeway/local/testing/stack-ports';
import { signInAs } from '@causeway/local/sign-in-as';
import { startLocalStack } from '@causeway/local/stack';
import type { BenchAnswer, BenchCase, BenchRequest, Prepared, Settings } from '../bench-case.ts';
import { AS_SHIPPED, mainOf } from './as-shipped.ts';

export interface McpCallCase {
  readonly name: string;
  readonly what: string;
  readonly tool: string;
  readonly args: object;
  readonly isRight: (content: Readonly<Record<string, unknown>>) => boolean;
}

const at = (path: string) => new URL(`../../${path}`, import.meta.url);
const REVISION = '2026-07-28';

/** One tool, the whole way, beside what a bare SDK server and a hand-made handler take for the same SQL under the same role. */
export function mcpCallCase({ name, what, tool, args, isRight: isRightContent }: McpCallCase): BenchCase {
  const common = {
    kind: 'http' as const,
    request: (settings: Settings) => requestOf(settings, { tool, args }),
    isRight: ({ status, body }: BenchAnswer) => status === 200 && isRightContent(contentOf(body)),
  };
  return {
    name,
    what,
    prepare: prepareStack,
    targets: [
      { ...common, name: 'sdk v2', floor: true, module: at('floors/mcp-sdk.ts') },
      { ...common, name: 'hand-made', floor: true, module: at('floors/mcp-hand-made.ts') },
      { ...common, ...AS_SHIPPED, name: 'causeway', module: at('servers/mcp-service.ts') },
    ],
  };
}

/** The embedded stack with everything in it, and a token of one of its people. The measured service is one replica more. */
async function prepareStack(): Promise<Prepared> {
  const dataDir = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
  const ports = await freeStackPorts();
  const stack = await startLocalStack({ dataDir, ports });
  const { environment } = stack;
  raiseLimit(environment.CAUSEWAY_POLICY);
  const issuer = issuerOf('northwind', `http://127.0.0.1:${ports.identityProviders}`);
  const { accessToken } = await signInAs({ issuer, email: 'wanda@northwind.example' });
  return {
    settings: {
      ...environment,
      main: await mainOf('mcp', join(dataDir, 'bundle')),
      subjectToken: accessToken,
      token: await exchange(accessToken, environment),
      host: `127.0.0.1:${ports.mcp}`,
    },
    stop: async () => {
      await stack.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The demo's limit is a minute's work of a person, and a second's of this. Counting stays on. */
function raiseLimit(policy: string): void {
  writeFileSync(
    policy,
    readFileSync(policy, 'utf8').replace(/callsPerMinutePerCaller: \d+/, 'callsPerMinutePerCaller: 1000000'),
  );
}

interface Urls {
  readonly PORTAL_PUBLIC_URL: string;
  readonly MCP_PUBLIC_URL: string;
}

async function exchange(subjectToken: string, { PORTAL_PUBLIC_URL, MCP_PUBLIC_URL }: Urls): Promise<string> {
  const response = await fetch(`${PORTAL_PUBLIC_URL}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: 'partner-portal',
      subject_token: subjectToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: `${MCP_PUBLIC_URL}/mcp`,
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`the portal answered ${response.status}`);
  return token;
}

function requestOf({ token = '', host = '' }: Settings, call: Pick<McpCallCase, 'tool' | 'args'>): BenchRequest {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': REVISION,
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const params = { name: call.tool, arguments: call.args, _meta: meta };
  return {
    method: 'POST',
    path: '/mcp',
    headers: {
      host,
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': REVISION,
      'mcp-method': 'tools/call',
      'mcp-name': call.tool,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }),
  };
}

interface Answer {
  readonly id?: unknown;
  readonly result?: { readonly isError?: boolean; readonly content?: readonly [{ readonly text: string }] };
}

/** Every answer is read as a client would read it. */
function contentOf(body: string): Readonly<Record<string, unknown>> {
  const { id, result } = JSON.parse(body) as Answer;
  if (id !== 7 || result?.isError === true) return {};
  return JSON.parse(result?.content?.[0].text ?? '{}') as Record<string, unknown>;
}
