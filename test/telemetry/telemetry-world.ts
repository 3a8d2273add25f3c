import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { issuerOf } from '@causeway/local/issuers';
import { PEOPLE } from '@causeway/local/people';
import type { Ports } from '@causeway/local/ports';
import { listServices } from '@causeway/local/services';
import { signInAs } from '@causeway/local/sign-in-as';
import { type LocalStack, startLocalStack } from '@causeway/local/stack';
import { freeStackPorts } from '@causeway/local/testing/stack-ports';
import pg from 'pg';

const REVISION = '2026-07-28';
export const META = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'telemetry', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

export interface Call {
  readonly token: string;
  readonly tool: string;
  readonly args?: unknown;
  readonly trace?: ClientTrace | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly meta?: Readonly<Record<string, unknown>>;
}

export interface Called {
  readonly requestId: string;
  readonly status: number;
  readonly text: string;
  /** Of the failure, in the tool's result or in HTTP's answer. */
  readonly code: string | undefined;
}

/** A trace as a client begins it. Its flag says "not sampled", which nobody here may believe. */
export interface ClientTrace {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceparent: string;
}

export function clientTrace(flags = '00'): ClientTrace {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}

/** The whole stack as `npm start` runs it, whose services send their telemetry somewhere. */
export class TelemetryWorld implements AsyncDisposable {
  readonly ports: Ports;
  readonly dir: string;
  readonly stack: LocalStack;

  private constructor(dir: string, ports: Ports, stack: LocalStack) {
    this.dir = dir;
    this.ports = ports;
    this.stack = stack;
  }

  static async start(telemetry: Readonly<Record<string, string>>): Promise<TelemetryWorld> {
    const dir = mkdtempSync(join(tmpdir(), 'causeway-telemetry-'));
    const ports = await freeStackPorts();
    const services: typeof listServices = (place, environment) =>
      listServices(place, environment).map((spec) => ({ ...spec, env: { ...spec.env, ...telemetry } }));
    return new TelemetryWorld(dir, ports, await startLocalStack({ dataDir: join(dir, 'data'), ports, services }));
  }

  get mcpUrl(): string {
    return `${this.stack.environment.MCP_PUBLIC_URL}/mcp`;
  }

  async signIn(email: string): Promise<string> {
    const person = PEOPLE.find((one) => one.email === email);
    if (person === undefined) throw new Error(`there is no ${email}`);
    const issuer = issuerOf(person.idp, `http://127.0.0.1:${this.ports.identityProviders}`);
    return (await signInAs({ issuer, email })).accessToken;
  }

  /** RFC 8693 at the portal, as the demo's public client. */
  exchange(
    subjectToken: string,
    { scope, headers = {} }: { readonly scope?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Response> {
    return fetch(`${this.stack.environment.PORTAL_PUBLIC_URL}/oauth/token`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        client_id: 'partner-portal',
        subject_token: subjectToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        resource: this.mcpUrl,
        ...(scope !== undefined && { scope }),
      }),
    });
  }

  async tokenOf(email: string, options: Parameters<TelemetryWorld['exchange']>[1] = {}): Promise<string> {
    const response = await this.exchange(await this.signIn(email), options);
    const { access_token: token } = (await response.json()) as { access_token?: string };
    if (token === undefined) throw new Error(`${email} gets no token: ${response.status}`);
    return token;
  }

  /** One `tools/call` under a request id of its own. */
  call({ token, tool, args = {}, trace, headers = {}, meta = {} }: Call): Promise<Called> {
    const traced = trace === undefined ? {} : { traceparent: trace.traceparent };
    return this.post(
      { method: 'tools/call', params: { name: tool, arguments: args, _meta: { ...META, ...traced, ...meta } } },
      {
        authorization: `Bearer ${token}`,
        'mcp-method': 'tools/call',
        'mcp-name': `=?base64?${Buffer.from(tool).toString('base64')}?=`,
        ...headers,
      },
    );
  }

  async post(message: object, headers: Readonly<Record<string, string>>): Promise<Called> {
    const requestId = randomBytes(12).toString('hex');
    const response = await fetch(this.mcpUrl, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': REVISION,
        'x-request-id': requestId,
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
    });
    const text = await response.text();
    return { requestId, status: response.status, text, code: codeOf(text) };
  }

  async listTools(token: string): Promise<readonly string[]> {
    const { text } = await this.post(
      { method: 'tools/list', params: { _meta: META } },
      { authorization: `Bearer ${token}`, 'mcp-method': 'tools/list' },
    );
    const { result } = JSON.parse(text) as { result: { tools: readonly { readonly name: string }[] } };
    return result.tools.map(({ name }) => name);
  }

  /** Changes the policy in force, and waits until `holds` says that it is. */
  async editPolicy(change: (text: string) => string, holds: () => Promise<boolean>): Promise<void> {
    const { CAUSEWAY_POLICY: file } = this.stack.environment;
    const before = readFileSync(file, 'utf8');
    const after = change(before);
    if (after === before) throw new Error('the edit changes nothing');
    writeFileSync(file, after);
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await delay(100)) if (await holds()) return;
    throw new Error('the edit does not hold within 60 s');
  }

  /** Lets nobody into the warehouse, and ends those who are in. Returns how to open it again. */
  async shutWarehouse(): Promise<() => Promise<void>> {
    const url = new URL(this.stack.environment.ADMIN_DATABASE_URL);
    const database = url.pathname.slice(1);
    url.pathname = '/postgres';
    const administer = async (...statements: readonly string[]) => {
      const client = new pg.Client(url.href);
      await client.connect();
      for (const statement of statements) await client.query(statement);
      await client.end();
    };
    const allow = (yes: boolean) => `ALTER DATABASE "${database}" WITH ALLOW_CONNECTIONS ${String(yes)}`;
    await administer(
      allow(false),
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
    );
    return () => administer(allow(true));
  }

  async metricsOf(port: 'portal' | 'mcp' | 'auditWorker'): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.ports[port]}/metrics`)).text();
  }

  logOf(service: 'portal' | 'mcp' | 'audit-worker'): string {
    return readFileSync(join(this.dir, 'data', 'logs', `${service}.log`), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function codeOf(text: string): string | undefined {
  const answer = JSON.parse(text) as {
    readonly error?: { readonly code?: string | number };
    readonly result?: { readonly structuredContent?: { readonly error?: { readonly code?: string } } };
  };
  const code = answer.result?.structuredContent?.error?.code ?? answer.error?.code;
  return code === undefined ? undefined : String(code);
}
