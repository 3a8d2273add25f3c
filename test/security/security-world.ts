import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { demoPolicy } from '@causeway/local/demo-policy';
import { listServices } from '@causeway/local/services';
import { callBody, callHeaders, McpWorld, type WorldPlace } from '@causeway/test-e2e/mcp-world';
import { startTestIssuer, TEST_AUDIENCE, type TestIssuer } from '@causeway/test-portal/test-issuer';
import pg from 'pg';
import { type HostilePartner, startHostilePartner } from './hostile-partner.ts';

export type Header = readonly [name: string, value: string];

export interface Sent {
  readonly url?: string;
  readonly method?: string;
  /** As they are written: nothing is added but a Host and the length, nothing is merged. */
  readonly headers?: readonly Header[];
  readonly body?: string | Buffer;
  /** The address that the connection comes from: each test has one of its own, so that none uses up another one's allowance. */
  readonly from?: string;
}

export interface Heard {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly json: { readonly [member: string]: unknown };
}

export interface Outcome {
  readonly status: number;
  readonly code: string | undefined;
  readonly content: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Believed for X-Forwarded-For: the one address from which tests may pretend to be others. */
export const PROXY = '127.0.0.9';

/** The three services as processes, a provider and a partner that are hostile, and whoever wants to harm them. */
export class SecurityWorld implements AsyncDisposable {
  readonly mcp: McpWorld;
  readonly issuer: TestIssuer;
  readonly partner: HostilePartner;
  readonly dataDir: string;

  private constructor(parts: Pick<SecurityWorld, 'mcp' | 'issuer' | 'partner' | 'dataDir'>) {
    this.mcp = parts.mcp;
    this.issuer = parts.issuer;
    this.partner = parts.partner;
    this.dataDir = parts.dataDir;
  }

  static async start(): Promise<SecurityWorld> {
    await using opening = new AsyncDisposableStack();
    const place = await McpWorld.place();
    const dataDir = join(place.folder.path, 'data');
    mkdirSync(dataDir, { recursive: true });
    // The user of the embedded database must pass through.
    chmodSync(dataDir, 0o755);
    const issuer = opening.adopt(await startTestIssuer(), (started) => started.stop());
    const partner = opening.adopt(await startHostilePartner(dataDir), (started) => started.stop());
    const policyFile = hostilePolicy({ place, dataDir, issuer, partner });
    const services: typeof listServices = (...asked) =>
      listServices(...asked).map((spec) => ({ ...spec, env: { ...spec.env, TRUSTED_PROXIES: `${PROXY}/32` } }));
    const mcp = await McpWorld.start({ place, policyFile, services });
    opening.move();
    return new SecurityWorld({ mcp, issuer, partner, dataDir });
  }

  get portalUrl(): string {
    return this.mcp.environment['PORTAL_PUBLIC_URL'] ?? '';
  }

  get oboUrl(): string {
    return `http://127.0.0.1:${this.mcp.ports.obo}/mcp`;
  }

  /** Of everything that listens. */
  get listeners() {
    const { portal, mcp, auditWorker, obo } = this.mcp.ports;
    return { portal, mcp, auditWorker, obo };
  }

  get supervisorSecret(): string {
    return readFileSync(join(this.dataDir, 'clients', 'supervisor.secret'), 'utf8').trim();
  }

  async send({ url = this.mcp.url, method = 'POST', headers = [], body = '', from }: Sent): Promise<Heard> {
    const isNamed = headers.some(([name]) => name.toLowerCase() === 'host');
    const length = ['content-length', String(Buffer.byteLength(body))];
    const all = [...(isNamed ? [] : [['host', new URL(url).host]]), ...headers, length];
    const options = { method, headers: all.flat(), agent: false, ...(from !== undefined && { localAddress: from }) };
    const sending = httpRequest(url, options);
    // A server that has refused reads no further.
    sending.on('error', () => undefined);
    sending.end(body);
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    const answer = await text(response);
    const json = (answer.startsWith('{') ? JSON.parse(answer) : {}) as Heard['json'];
    return { status: response.statusCode ?? 0, headers: response.headers, text: answer, json };
  }

  /** A form to an endpoint of the portal. */
  post(path: string, form: Readonly<Record<string, string>>, more: Sent = {}): Promise<Heard> {
    const type: Header = ['content-type', 'application/x-www-form-urlencoded'];
    const body = new URLSearchParams(form).toString();
    return this.send({ ...more, url: `${this.portalUrl}${path}`, headers: [type, ...(more.headers ?? [])], body });
  }

  /** A tool, asked with this proof. */
  call(proof: readonly Header[], tool: string, args: unknown = {}): Promise<Outcome> {
    return this.callBy({ headers: proof }, tool, args);
  }

  /** The same, by a request that is not the usual one: to another place, from another address, with another body. */
  async callBy(sent: Sent, tool: string, args: unknown = {}): Promise<Outcome> {
    const body = sent.body ?? callBody('tools/call', { name: tool, arguments: args as object });
    const headers = [...Object.entries(callHeaders('tools/call', tool)), ...(sent.headers ?? [])];
    return outcomeOf(await this.send({ ...sent, headers, body }));
  }

  /** As this person, with a token of their own. */
  async as(email: string): Promise<readonly Header[]> {
    const { headers } = await this.mcp.proofOf(email);
    return Object.entries(headers);
  }

  async audit<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new pg.Client(this.mcp.environment['AUDIT_READ_URL']);
    await client.connect();
    try {
      return (await client.query<Row>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mcp[Symbol.asyncDispose]();
    await Promise.all([this.issuer.stop(), this.partner.stop()]);
  }
}

function outcomeOf({ status, json, text: body }: Heard): Outcome {
  const { result, error } = json as {
    result?: { isError?: boolean; structuredContent?: Record<string, unknown> & { error?: { code: string } } };
    error?: { code: string | number };
  };
  const content = result?.structuredContent ?? {};
  const code = result?.isError === true ? content.error?.code : error?.code;
  return { status, code: code === undefined ? undefined : String(code), content, text: body };
}

interface Hostile extends Pick<SecurityWorld, 'issuer' | 'partner' | 'dataDir'> {
  readonly place: WorldPlace;
}

/** The demo policy, and beside it a provider, connections, clients and limits that the attacks are about. */
function hostilePolicy({ place, dataDir, issuer, partner }: Hostile): string {
  const file = demoPolicy({ dataDir, ports: place.ports });
  const provider = `  - { id: test, kind: oidc, issuer: '${issuer.issuer}', audience: ${TEST_AUDIENCE}, network: [127.0.0.0/8], emailDomains: [test.example], roles: { tester: managers, seller: west_sales, boss: executive } }`;
  const connection = (network: string) =>
    `{ baseUrl: 'https://localhost:${partner.port}/base', network: ${network}, caFile: hostile-ca.pem, credentialFile: hostile-credential, allow: [GET /*, POST /*], grants: [executive, admin] }`;
  const policy = readFileSync(file, 'utf8')
    .replace('providers:\n', `providers:\n${provider}\n`)
    .replace(
      'connections:\n',
      `connections:\n  hostile: ${connection('[127.0.0.0/8]')}\n  rebound: ${connection('[10.0.0.0/8]')}\n`,
    )
    .replace('agents:\n', `agents:\n${AGENTS}`)
    .replace('clients:\n', `clients:\n${CLIENTS}`)
    .replace('limits:\n', 'limits:\n  callsPerMinutePerTool: { query_knowledge_base: 5 }\n');
  writeFileSync(file, `${policy}\nidJag: [{ provider: test, clients: [assistant] }]\n`);
  return file;
}

const AGENTS = '  careful: { client: careful, role: executive, mayActFor: [managers], scopes: [sql, audit] }\n';
const CLIENTS = `  careful: { auth: secret, secretFile: clients/supervisor.secret, grants: [client_credentials, token_exchange] }
  assistant: { auth: secret, secretFile: clients/supervisor.secret, grants: [jwt_bearer] }
  web-host: { name: Web host, grants: [authorization_code], redirects: ['https://web.example/callback'] }
  rival-host: { name: Rival host, grants: [authorization_code], redirects: ['https://rival.example/callback'] }
`;
