import { AppError } from '@causeway/core';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { describe, expect, test } from 'vitest';
import { createMcp } from './create-mcp.ts';
import { authInfoOf, createServer } from './create-server.ts';
import { MODERN } from './revisions.ts';
import { echoHost, testRequest } from './testing/echo-host.ts';
import { REQUESTS, type TestRequest, textOf } from './testing/requests.ts';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/server';

const options = { service: 'test', info: { name: 'test', version: '1' }, host: echoHost(), onError: () => undefined };
const mcp = await createMcp(options);
const reference = createMcpHandler(() => createServer(options, [...SUPPORTED_PROTOCOL_VERSIONS, MODERN]));

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function ours(request: TestRequest): Promise<Answer> {
  const { signal } = new AbortController();
  const body = Buffer.from(textOf(request));
  const reply = await mcp.handle({ headers: request.headers, body, request: testRequest(), signal });
  return { status: reply?.status ?? 0, body: reply?.body === undefined ? undefined : JSON.parse(reply.body) };
}

async function theirs(request: TestRequest): Promise<Answer> {
  const response = await reference.fetch(
    new Request('http://127.0.0.1/mcp', { method: 'POST', headers: request.headers, body: textOf(request) }),
    { authInfo: authInfoOf(testRequest()) },
  );
  const text = await response.text();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  return {
    status: response.status,
    body: isStream ? fromStream(text, request) : text === '' ? undefined : JSON.parse(text),
  };
}

/** The SDK answers older revisions with a stream of one event for each message; JSON says the same. */
function fromStream(text: string, { body }: TestRequest): unknown {
  const messages = text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []));
  return Array.isArray(body) ? messages.toSorted((a, b) => a.id - b.id) : messages[0];
}

/** The text of a refusal may differ; what programs read may not. */
function forPrograms({ status, body }: Answer) {
  const { error, ...rest } = (body ?? {}) as { error?: { code: number; data?: unknown } };
  return error === undefined ? { status, body } : { status, ...rest, code: error.code };
}

describe('answers as the SDK’s own handler does', () => {
  test.each(Object.keys(REQUESTS))('%s', async (name) => {
    const request = REQUESTS[name]!;
    expect(forPrograms(await ours(request))).toEqual(forPrograms(await theirs(request)));
  });
});

test('subscriptions are refused: nothing here changes in a way that a stream could tell', async () => {
  const { status, body } = await ours({
    headers: {
      'content-type': 'application/json',
      'mcp-protocol-version': MODERN,
      'mcp-method': 'subscriptions/listen',
    },
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'subscriptions/listen',
      params: {
        notifications: {},
        _meta: { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} },
      },
    },
  });
  expect({ status, body }).toMatchObject({ status: 404, body: { id: 1, error: { code: -32601 } } });
});

test.each(['call that fails', 'legacy call that fails'])('the text of an exception never leaves: %s', async (name) => {
  const { body } = await ours(REQUESTS[name]!);
  expect(JSON.stringify(body)).toContain('Something went wrong here');
  expect(JSON.stringify(body)).not.toContain('passwd');
});

test.each(['list', 'legacy list'])('nor does that of one that a list throws: %s', async (name) => {
  const list = () => {
    throw new AppError('upstream_unavailable', 'connect ECONNREFUSED db.internal');
  };
  const host = { ...echoHost(), list };
  const failing = await createMcp({ ...options, host });
  const { headers, body } = REQUESTS[name]!;
  const { signal } = new AbortController();
  const post = { headers, body: Buffer.from(JSON.stringify(body)), request: testRequest(), signal };
  const reply = await failing.handle(post);
  expect(reply?.body).toContain('A system behind this one is down.');
  expect(reply?.body).not.toContain('db.internal');
});

test.each(['call', 'legacy call'])('the text block holds the same JSON as the structured content: %s', async (name) => {
  const { body } = await ours(REQUESTS[name]!);
  const { result } = body as { result: { content: [{ text: string }]; structuredContent: unknown } };
  expect(result.structuredContent).toEqual({ arguments: { text: 'hi' } });
  expect(JSON.parse(result.content[0].text)).toEqual(result.structuredContent);
});

test('a list is private and says how long it holds', async () => {
  expect((await ours(REQUESTS['list']!)).body).toMatchObject({ result: { cacheScope: 'private', ttlMs: 60_000 } });
});

test('every JSON-RPC error is handed on to be recorded', async () => {
  const { signal } = new AbortController();
  for (const name of [
    'half a body',
    'call of an unknown tool',
    'call of a number',
    'another name',
    'text/plain',
    'foo',
  ]) {
    const { headers, body } = REQUESTS[name] ?? REQUESTS['legacy unknown method']!;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const reply = await mcp.handle({ headers, body: Buffer.from(text), request: testRequest(), signal });
    expect(reply?.errors).toHaveLength(1);
  }
});
