import { AppError } from '@causeway/core';
import { describe, expect, test } from 'vitest';
import { createMcp } from './create-mcp.ts';
import { MODERN } from './revisions.ts';
import { echoHost, testRequest } from './testing/echo-host.ts';
import { forPrograms, OPTIONS, ours, theirs } from './testing/reference.ts';
import { modernRequest, REQUESTS } from './testing/requests.ts';

const mcp = await createMcp(OPTIONS);

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

const FAILING = ['call that fails', 'legacy call that fails'];
const UNKNOWN = FAILING.map((name) => `${name}, with something unknown`);

test.each([...FAILING, ...UNKNOWN])('the text of an exception never leaves: %s', async (name) => {
  const { body } = await ours(REQUESTS[name]!);
  expect(JSON.stringify(body)).toContain('Something went wrong here');
  expect(JSON.stringify(body)).not.toContain('passwd');
});

test.each(['list', 'legacy list'])('nor does that of one that a list throws: %s', async (name) => {
  const list = () => {
    throw new AppError('upstream_unavailable', 'connect ECONNREFUSED db.internal');
  };
  const host = { ...echoHost(), list };
  const failing = await createMcp({ ...OPTIONS, host });
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
    'call that fails',
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

test('a plain call passes the SDK’s servers by, and what is not one does not', async () => {
  const seen: (readonly [number, number])[] = [];
  const host = echoHost(() => {
    seen.push(own.inFlight);
    return {};
  });
  const own = await createMcp({ ...OPTIONS, host });
  const { signal } = new AbortController();
  const { headers } = REQUESTS['call']!;
  const params = { name: 'echo', arguments: {} };
  for (const meta of [{}, { more: 1 }]) {
    const body = modernRequest('tools/call', { ...params, _meta: meta });
    const reply = await own.handle({
      headers,
      body: Buffer.from(JSON.stringify(body)),
      request: testRequest(),
      signal,
    });
    expect(reply).toMatchObject({ status: 200, errors: [] });
  }
  expect(seen).toEqual([
    [0, 0],
    [1, 0],
  ]);
});

test.each(['call', 'legacy call'])('a tool’s failure is a result that says so: %s', async (name) => {
  const content = { error: { code: 'access_denied' } };
  const call = () => Promise.resolve({ content, json: JSON.stringify(content), isError: true });
  const failing = await createMcp({ ...OPTIONS, host: { ...echoHost(), call } });
  const { headers, body } = REQUESTS[name]!;
  const { signal } = new AbortController();
  const post = { headers, body: Buffer.from(JSON.stringify(body)), request: testRequest(), signal };
  const reply = await failing.handle(post);
  expect(JSON.parse(reply?.body ?? '{}')).toMatchObject({ result: { isError: true, structuredContent: content } });
  expect(reply?.errors).toEqual([]);
});
