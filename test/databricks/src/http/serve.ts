import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { checkScope, type IssuedTokens, unauthenticated } from '../oauth/issued-tokens.ts';
import { type Answer, ApiError, doesNotExist } from './answer.ts';
import type { Effect, Faults } from './faults.ts';
import { ApiRequest, createMatcher, type OpenRoute, type Received, type Route } from './route.ts';

export interface WorkspaceServer {
  readonly open: readonly OpenRoute[];
  readonly routes: readonly Route[];
  readonly tokens: IssuedTokens;
  readonly faults: Faults;
  /** Hears of every request that reached an endpoint. */
  readonly onRequest: (on: string, received: Received) => void;
  readonly orgId: string;
}

const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** An HTTP server that answers as the workspace does. */
export async function serveWorkspace(workspace: WorkspaceServer, port: number): Promise<Server> {
  const match = createMatcher<OpenRoute | Route>([...workspace.open, ...workspace.routes]);
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    respond({ workspace, match, signal: gone.signal }, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 30_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Serving {
  readonly workspace: WorkspaceServer;
  readonly match: ReturnType<typeof createMatcher<OpenRoute | Route>>;
  readonly signal: AbortSignal;
}

async function respond(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { workspace, match, signal } = serving;
  const url = new URL(request.url ?? '/', 'http://workspace');
  const received = {
    method: request.method ?? 'GET',
    url,
    headers: request.headers,
    body: await read(request),
    signal,
  };
  const found = match(received.method, url.pathname);
  if (found === undefined) return write(response, doesNotExist('No API found for this request.').answer, workspace);
  const { on } = found.route;
  workspace.onRequest(on, received);
  const effect = workspace.faults.take(on);
  if (effect?.kind === 'silence') return;
  const asked = new ApiRequest({ ...received, effect }, found.params);
  const answer = effect?.kind === 'answer' ? effect.answer : await work(workspace, found.route, asked);
  if (effect?.kind === 'slow') await delay(effect.ms, undefined, { signal });
  await end(response, answer, { effect, workspace });
}

async function work({ tokens }: WorkspaceServer, route: OpenRoute | Route, asked: ApiRequest): Promise<Answer> {
  try {
    if ('answer' in route) return await route.answer(asked);
    if (asked.effect?.kind === 'token_expired') throw unauthenticated('The access token expired.');
    const principal = await tokens.principalOf(asked.headers.authorization);
    checkScope(principal, route.scope);
    return await route.handle(asked, principal);
  } catch (error) {
    if (error instanceof ApiError) return error.answer;
    throw error;
  }
}

interface Ending {
  readonly effect: Effect | undefined;
  readonly workspace: WorkspaceServer;
}

async function end(response: ServerResponse, answer: Answer, { effect, workspace }: Ending): Promise<void> {
  if (effect?.kind === 'reset') {
    response.destroy();
    return;
  }
  if (effect?.kind !== 'truncated') return write(response, answer, workspace);
  const whole = await wholeOf(answer);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': whole.length });
  response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => response.destroy());
}

async function write(response: ServerResponse, answer: Answer, { orgId }: WorkspaceServer): Promise<void> {
  response.writeHead(answer.status, { 'x-databricks-org-id': orgId, ...answer.headers });
  if (typeof answer.body === 'string' || Buffer.isBuffer(answer.body)) {
    response.end(answer.body);
    return;
  }
  for await (const piece of answer.body) response.write(piece);
  response.end();
}

async function wholeOf({ body }: Answer): Promise<Buffer> {
  if (typeof body === 'string') return Buffer.from(body);
  if (Buffer.isBuffer(body)) return body;
  let text = '';
  for await (const piece of body) text += piece;
  return Buffer.from(text);
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('the body is too large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
