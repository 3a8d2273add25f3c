import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { createMcp, type Mcp } from './create-mcp.ts';
import type { CallParams, McpRequest } from './tool-host.ts';
import { echoHost, testRequest } from './testing/echo-host.ts';
import { ENVELOPE, JSON_HEADERS, legacyRequest, modernHeaders, modernRequest } from './testing/requests.ts';

const IDS = [1, '1', 0, 7, 'same', '__proto__'];
const TOTAL = 1200;
const AT_ONCE = 100;

interface Seen {
  readonly who: string;
  readonly again: string;
  readonly nonce: unknown;
  readonly trace: unknown;
}

let mcp: Mcp;
let aborted: Set<string>;

/** Says who called, before and after a pause in which many others call. */
async function slowEcho({ arguments: args, traceparent, signal }: CallParams, request: McpRequest): Promise<Seen> {
  const who = request.requestId;
  signal.addEventListener('abort', () => aborted.add(who));
  await delay(Math.random() * 6);
  return { who, again: request.requestId, nonce: (args as { nonce?: unknown }).nonce, trace: traceparent ?? null };
}

beforeEach(async () => {
  aborted = new Set();
  mcp = await createMcp({
    service: 'test',
    info: { name: 'test', version: '1' },
    host: echoHost(slowEcho),
    onError: () => undefined,
  });
});

function send(
  message: unknown,
  headers: Record<string, string>,
  { request = testRequest(), signal = new AbortController().signal } = {},
) {
  return mcp.handle({ headers, body: Buffer.from(JSON.stringify(message)), request, signal });
}

const isModern = (n: number) => n % 2 === 0;
/** Every third goes through the SDK's servers, with something in it that a plain call has not. */
const extra = (n: number) => (n % 3 === 0 ? { more: n } : {});
const leaves = (n: number) => n % 10 === 4;

/** One caller among many: an id that others use too, and everything else its own. */
async function one(n: number): Promise<string | undefined> {
  const id = IDS[n % IDS.length];
  const params = { name: 'echo', arguments: { nonce: `nonce ${n}` } };
  const traceparent = `00-${String(n).padStart(32, '0')}-0000000000000001-01`;
  const message = isModern(n)
    ? modernRequest('tools/call', { ...params, _meta: { traceparent, ...extra(n) } }, id)
    : legacyRequest('tools/call', { ...params, _meta: extra(n) }, id);
  const client = new AbortController();
  if (leaves(n)) setTimeout(() => client.abort(), 1);
  const options = { request: testRequest(`caller ${n}`), signal: client.signal };
  const reply = await send(message, isModern(n) ? modernHeaders('tools/call', 'echo') : JSON_HEADERS, options);
  if (n % 5 === 0) await beHostile(n);
  if (reply === undefined) return leaves(n) && isModern(n) ? undefined : `caller ${n} got nothing`;
  const who = `caller ${n}`;
  const wanted: Seen = { who, again: who, nonce: `nonce ${n}`, trace: isModern(n) ? traceparent : null };
  return isAnswer(reply.body, id, wanted) ? undefined : `caller ${n} got ${reply.body}`;
}

function isAnswer(body: string | undefined, id: unknown, wanted: Seen): boolean {
  const { id: back, result } = JSON.parse(body ?? '{}') as { id: unknown; result: { structuredContent: Seen } };
  return back === id && JSON.stringify(result.structuredContent) === JSON.stringify(wanted);
}

/** Names every id that may be under way, of ours and of other clients, and initializes as somebody else. */
async function beHostile(n: number): Promise<void> {
  for (const requestId of [1, n, n + 1, n + 2, '1', 'same']) {
    const notification = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } };
    await send(notification, JSON_HEADERS);
    await send({ ...notification, params: { requestId, _meta: ENVELOPE } }, modernHeaders('notifications/cancelled'));
  }
  const clientInfo = { name: 'somebody else', version: '9' };
  const params = { protocolVersion: '2025-06-18', capabilities: { sampling: {}, roots: {} }, clientInfo };
  await send(legacyRequest('initialize', params), JSON_HEADERS);
}

test('nobody gets another caller’s answer, whatever ids, aborts and cancels are under way', async () => {
  const wrong: string[] = [];
  let next = 0;
  const run = async () => {
    while (next < TOTAL) {
      const problem = await one(next++);
      if (problem !== undefined) wrong.push(problem);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  await delay(20);
  expect(wrong).toEqual([]);
  // Only those who went away were cancelled, and their calls did end.
  expect([...aborted].filter((who) => !leaves(Number(who.slice(7))))).toEqual([]);
  expect(aborted.size).toBeGreaterThan(0);
  expect(mcp.inFlight).toEqual([0, 0]);
});

test.each([{}, { more: 1 }])('before 2026-07-28 a client that goes away has cancelled nothing: %o', async (meta) => {
  const client = new AbortController();
  const pending = send(legacyRequest('tools/call', { name: 'echo', arguments: {}, _meta: meta }), JSON_HEADERS, {
    request: testRequest('legacy'),
    signal: client.signal,
  });
  client.abort();
  expect(await pending).toMatchObject({ status: 200 });
  expect(aborted).toEqual(new Set());
});

const MODERN_CALL = modernRequest('tools/call', { name: 'echo', arguments: {} });
const ODD_CALL = modernRequest('tools/call', { name: 'echo', arguments: {}, _meta: { more: 1 } });

test.each([
  ['a plain call', MODERN_CALL],
  ['any other', ODD_CALL],
])('a client that is gone before its request is read starts nothing: %s', async (_, message) => {
  let calls = 0;
  const host = echoHost(() => ({ calls: (calls += 1) }));
  const own = await createMcp({
    service: 'test',
    info: { name: 'test', version: '1' },
    host,
    onError: () => undefined,
  });
  const headers = modernHeaders('tools/call', 'echo');
  const body = Buffer.from(JSON.stringify(message));
  const post = { headers, body, request: testRequest('gone') };
  expect(await own.handle({ ...post, signal: AbortSignal.abort() })).toBeUndefined();
  expect(calls).toBe(0);
  expect(await own.handle({ ...post, signal: new AbortController().signal })).toMatchObject({ status: 200 });
  expect(calls).toBe(1);
});

test.each([
  ['a plain call', MODERN_CALL],
  ['any other', ODD_CALL],
])('a client that goes away while it waits has cancelled, and gets no answer: %s', async (_, message) => {
  const client = new AbortController();
  const pending = send(message, modernHeaders('tools/call', 'echo'), {
    request: testRequest('leaves'),
    signal: client.signal,
  });
  client.abort();
  expect(await pending).toBeUndefined();
  expect(aborted).toEqual(new Set(['leaves']));
});

test('what one client says at initialize is nobody else’s', async () => {
  await beHostile(1);
  const reply = await send(legacyRequest('tools/list'), JSON_HEADERS);
  expect(reply?.status).toBe(200);
  expect(reply?.body).not.toContain('somebody else');
});
