import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeStackPorts } from '@causeway/local/testing/stack-ports';
import { issuerOf } from '@causeway/local/issuers';
import { PEOPLE } from '@causeway/local/people';
import type { Ports } from '@causeway/local/ports';
import { signInAs } from '@causeway/local/sign-in-as';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '@causeway/local/stack';
import { temporaryFolder } from './temporary-folder.ts';

const REVISION = '2026-07-28';

const META = {
  'io.modelcontextprotocol/protocolVersion': REVISION,
  'io.modelcontextprotocol/clientInfo': { name: 'e2e', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TYPE = 'urn:ietf:params:oauth:token-type';

export type Content = Readonly<Record<string, unknown>>;

export interface ToolResult {
  readonly status: number;
  readonly content: Content;
  /** The code of a failure, of the tool's result or of HTTP. */
  readonly code: string | undefined;
  readonly error: ToolFailure | undefined;
  /** The text block beside the structured content. */
  readonly text: string;
  readonly challenge: string | null;
}

export interface ToolFailure {
  readonly code: string;
  readonly message: string;
  readonly request_id: string;
  readonly retry_after_ms?: number;
}

/** Headers that prove somebody, and where they are read. */
export interface Proof {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A folder and ports for one stack. */
export interface WorldPlace {
  readonly folder: ReturnType<typeof temporaryFolder>;
  readonly ports: Ports;
}

export interface McpWorldOptions extends Pick<
  LocalStackOptions,
  'database' | 'platform' | 'policyFile' | 'services' | 'telemetry'
> {
  readonly place?: WorldPlace;
}

/** The whole stack as `npm start` runs it, and everybody in it with real tokens of real providers. */
export class McpWorld implements AsyncDisposable {
  readonly ports: Ports;
  readonly #folder: ReturnType<typeof temporaryFolder>;
  readonly #stack: LocalStack;
  readonly #proofs = new Map<string, Promise<Proof>>();

  private constructor(folder: ReturnType<typeof temporaryFolder>, ports: Ports, stack: LocalStack) {
    this.#folder = folder;
    this.ports = ports;
    this.#stack = stack;
  }

  /** In this place, or in one of its own; with these services, or with all of them. */
  static async start({ place, ...options }: McpWorldOptions = {}): Promise<McpWorld> {
    const { folder, ports } = place ?? (await McpWorld.place());
    const dataDir = join(folder.path, 'data');
    return new McpWorld(folder, ports, await startLocalStack({ dataDir, ports, ...options }));
  }

  static async place(): Promise<WorldPlace> {
    return { folder: temporaryFolder(), ports: await freeStackPorts() };
  }

  get environment(): Readonly<Record<string, string>> {
    return { ...this.#stack.environment };
  }

  get url(): string {
    return `${this.#stack.environment.MCP_PUBLIC_URL}/mcp`;
  }

  /** What a service has logged by now, line by line. */
  logOf(service: string): readonly Readonly<Record<string, unknown>>[] {
    const text = readFileSync(join(this.#folder.path, 'data', 'logs', `${service}.log`), 'utf8');
    return text
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  }

  /** Changes the policy in force; it holds within two seconds. */
  editPolicy(change: (text: string) => string): void {
    const { CAUSEWAY_POLICY: file } = this.#stack.environment;
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }

  /** How this person comes: by a principal token, or, of the platform's own people, by the forwarded token. */
  proofOf(email: string): Promise<Proof> {
    const known = this.#proofs.get(email) ?? this.#prove(email);
    this.#proofs.set(email, known);
    return known;
  }

  async #prove(email: string): Promise<Proof> {
    const accessToken = await this.signIn(email);
    const isOwn = PEOPLE.find((person) => person.email === email)?.idp === 'workspace';
    if (isOwn) {
      return { url: `http://127.0.0.1:${this.ports.obo}/mcp`, headers: { 'x-forwarded-access-token': accessToken } };
    }
    return this.bearer(await this.exchange(accessToken));
  }

  bearer(token: string): Proof {
    return { url: this.url, headers: { authorization: `Bearer ${token}` } };
  }

  /** The person's token of their own provider. */
  async signIn(email: string): Promise<string> {
    const person = PEOPLE.find((candidate) => candidate.email === email);
    if (person === undefined) throw new Error(`there is no ${email}`);
    const issuer = issuerOf(person.idp, `http://127.0.0.1:${this.ports.identityProviders}`);
    return (await signInAs({ issuer, email })).accessToken;
  }

  exchange(subjectToken: string, more: Record<string, string> = {}): Promise<string> {
    return this.askToken({
      grant_type: GRANT,
      client_id: 'partner-portal',
      subject_token: subjectToken,
      subject_token_type: `${TYPE}:access_token`,
      resource: this.url,
      ...more,
    });
  }

  /** The supervisor's own principal token. */
  agentAlone(): Promise<string> {
    return this.askToken({ grant_type: 'client_credentials', ...this.#supervisor(), resource: this.url });
  }

  /** The supervisor's principal token for this person. */
  async agentFor(email: string): Promise<string> {
    const { PORTAL_PUBLIC_URL } = this.#stack.environment;
    const actor = await this.askToken({
      grant_type: 'client_credentials',
      ...this.#supervisor(),
      resource: PORTAL_PUBLIC_URL,
    });
    return this.exchange(await this.signIn(email), {
      ...this.#supervisor(),
      actor_token: actor,
      actor_token_type: `${TYPE}:access_token`,
    });
  }

  #supervisor() {
    const secret = readFileSync(join(this.#folder.path, 'data', 'clients', 'supervisor.secret'), 'utf8').trim();
    return { client_id: 'supervisor', client_secret: secret };
  }

  async askToken(form: Record<string, string>): Promise<string> {
    const { PORTAL_PUBLIC_URL } = this.#stack.environment;
    const response = await fetch(`${PORTAL_PUBLIC_URL}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    const answer = (await response.json()) as { access_token?: string; error?: string };
    if (answer.access_token === undefined) throw new Error(`the portal answers ${response.status} ${answer.error}`);
    return answer.access_token;
  }

  async list(proof: Proof): Promise<string[]> {
    const response = await this.#post(proof, 'tools/list', {});
    const { result } = (await response.json()) as { result: { tools: { name: string }[] } };
    return result.tools.map(({ name }) => name);
  }

  async call(proof: Proof, name: string, args: object = {}): Promise<ToolResult> {
    const response = await this.#post(proof, 'tools/call', { name, arguments: args });
    const answer = (await response.json()) as {
      result?: { structuredContent: Content & { error?: ToolFailure }; content: [{ text: string }]; isError?: boolean };
      error?: ToolFailure;
    };
    const { result } = answer;
    const content = result?.structuredContent ?? {};
    const error = result?.isError === true ? result.structuredContent.error : answer.error;
    const text = result?.content[0].text ?? '';
    const challenge = response.headers.get('www-authenticate');
    return { status: response.status, content, code: error?.code, error, text, challenge };
  }

  #post({ url, headers }: Proof, method: string, params: CallParams): Promise<Response> {
    const all = { ...headers, ...callHeaders(method, params.name) };
    return fetch(url, { method: 'POST', headers: all, body: callBody(method, params) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.stop();
    this.#folder[Symbol.dispose]();
  }
}

interface CallParams {
  readonly name?: string;
  readonly arguments?: object;
}

/** What the current revision wants beside the proof. */
export function callHeaders(method: string, name?: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': REVISION,
    'mcp-method': method,
    ...(name !== undefined && { 'mcp-name': name }),
  };
}

export function callBody(method: string, params: CallParams): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: META } });
}
