import type { RequestListener } from 'node:http';
import { AppError, CallerGone } from '@causeway/core';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createDependency, type Dependency, type DependencySettings, type OutboundDeps } from './dependency.ts';
import type { OutboundResponse } from './outbound-call.ts';
import { requestJson } from './request-json.ts';
import { serveHttp, serveSocket } from './testing/local-server.ts';

const open: Dependency[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((dependency) => dependency.close()));
});

/** A dependency on this machine whose clock only moves when it sleeps. */
function partner(settings: Partial<DependencySettings> = {}, deps: Partial<OutboundDeps> = {}) {
  const slept: number[] = [];
  let now = Date.parse('2026-08-01T12:00:00Z');
  const sleep = async (ms: number) => {
    slept.push(ms);
    now += ms;
  };
  const dependency = createDependency(
    { name: 'partner', network: ['127.0.0.0/8'], ...settings },
    { sleep, random: () => 0.5, now: () => now, ...deps },
  );
  open.push(dependency);
  return { dependency, slept };
}

/** Answers with each status in turn, and with the last one from then on. */
function answering(statuses: number[], headers: Record<string, string> = {}) {
  const seen: string[] = [];
  const listener: RequestListener = (request, response) => {
    const status = statuses[Math.min(seen.length, statuses.length - 1)] ?? 200;
    seen.push(`${request.method} ${request.url}`);
    response.writeHead(status, status === 200 ? {} : headers).end('{"ok":true}');
  };
  return { seen, listener };
}

const identity = (thrown: unknown) => thrown;
const text = (body: Uint8Array) => Buffer.from(body).toString();

test('an answer comes back with status, headers and body; the connection is used again', async () => {
  await using server = await serveHttp((request, response) => {
    response.setHeader('x-seen', `${request.headers['authorization']} ${request.headers['accept-encoding']}`);
    response.writeHead(201).end('hello');
  });
  const { dependency } = partner();
  const call = { url: `http://127.0.0.1:${server.port}/a?b=c`, headers: { authorization: 'Bearer t' } };
  for (let i = 0; i < 10; i++) {
    const response = await dependency.request(call);
    expect(response).toMatchObject({ status: 201, truncated: false, headers: { 'x-seen': 'Bearer t identity' } });
    expect(text(response.body)).toBe('hello');
  }
  // A second one, when the first is still busy with the end of its answer.
  expect(server.connections).toBeLessThanOrEqual(2);
});

test('a body goes out as it is', async () => {
  await using server = await serveHttp((request, response) => void request.pipe(response));
  const response = await partner().dependency.request({
    url: `http://127.0.0.1:${server.port}/`,
    method: 'POST',
    body: 'grant_type=x',
  });
  expect(text(response.body)).toBe('grant_type=x');
});

test('a 4xx is an answer and is not repeated', async () => {
  const { seen, listener } = answering([404]);
  await using server = await serveHttp(listener);
  expect(await partner().dependency.request({ url: `http://127.0.0.1:${server.port}/` })).toMatchObject({
    status: 404,
  });
  expect(seen).toHaveLength(1);
});

test.each([429, 500, 502, 503, 504])('a %d is tried again with full jitter', async (status) => {
  const { seen, listener } = answering([status, status, 200]);
  await using server = await serveHttp(listener);
  const { dependency, slept } = partner();
  expect(await dependency.request({ url: `http://127.0.0.1:${server.port}/` })).toMatchObject({ status: 200 });
  expect(seen).toHaveLength(3);
  expect(slept).toEqual([100, 200]);
});

describe('a system whose bad answers say more than their status', () => {
  const call = (repeat: boolean) => ({
    readFailure: ({ status, body }: OutboundResponse) =>
      status === 429 ? { error: new AppError('rate_limited', text(body), { retryAfterMs: 7 }), repeat } : undefined,
  });

  test('its word decides whether trying again helps, and what the caller gets', async () => {
    const { seen, listener } = answering([429]);
    await using server = await serveHttp(listener);
    const { dependency } = partner();
    const request = { url: `http://127.0.0.1:${server.port}/`, ...call(false) };
    await expect(dependency.request(request)).rejects.toMatchObject({ code: 'rate_limited', message: '{"ok":true}' });
    expect(seen).toHaveLength(1);
  });

  test('it may still be tried again, after the time that it names', async () => {
    const { seen, listener } = answering([429, 200]);
    await using server = await serveHttp(listener);
    const { dependency, slept } = partner({}, { random: () => 0 });
    const request = { url: `http://127.0.0.1:${server.port}/`, ...call(true) };
    expect(await dependency.request(request)).toMatchObject({ status: 200 });
    expect(seen).toHaveLength(2);
    expect(slept).toEqual([7]);
  });

  test('where it says nothing, the status does', async () => {
    await using server = await serveHttp(answering([503]).listener);
    const { dependency } = partner();
    const request = { url: `http://127.0.0.1:${server.port}/`, ...call(true) };
    await expect(dependency.request(request)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });
});

test.each([429, 500, 503])('after three tries a %d is upstream_unavailable', async (status) => {
  const { seen, listener } = answering([status]);
  await using server = await serveHttp(listener);
  await expect(
    partner().dependency.request({ url: `http://127.0.0.1:${server.port}/?key=hunter2` }),
  ).rejects.toMatchObject({
    code: 'upstream_unavailable',
    message: `partner: answered ${status}`,
    retryAfterMs: undefined,
  });
  expect(seen).toHaveLength(3);
});

test('a 501 is unavailable at once', async () => {
  const { seen, listener } = answering([501]);
  await using server = await serveHttp(listener);
  await expect(partner().dependency.request({ url: `http://127.0.0.1:${server.port}/` })).rejects.toMatchObject({
    code: 'upstream_unavailable',
  });
  expect(seen).toHaveLength(1);
});

test.each(['POST', 'PATCH'] as const)(
  'a %s is sent once, unless the call says that repeating is harmless',
  async (method) => {
    const { seen, listener } = answering([503]);
    await using server = await serveHttp(listener);
    const { dependency } = partner({ breaker: { failures: Infinity } });
    const call = { url: `http://127.0.0.1:${server.port}/`, method, body: 'x' };
    await expect(dependency.request(call)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(seen).toHaveLength(1);
    await expect(dependency.request({ ...call, repeatable: true })).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
    expect(seen).toHaveLength(4);
  },
);

test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'] as const)('a %s is tried three times', async (method) => {
  const { seen, listener } = answering([503]);
  await using server = await serveHttp(listener);
  const { dependency } = partner();
  await expect(dependency.request({ url: `http://127.0.0.1:${server.port}/`, method })).rejects.toMatchObject({
    code: 'upstream_unavailable',
  });
  expect(seen).toHaveLength(3);
});

test.each([
  ['7', 7000],
  ['Sat, 01 Aug 2026 12:00:05 GMT', 5000],
  ['0', 100],
])('Retry-After %s is honoured', async (value, ms) => {
  const { listener } = answering([503, 200], { 'retry-after': value });
  await using server = await serveHttp(listener);
  const { dependency, slept } = partner();
  await dependency.request({ url: `http://127.0.0.1:${server.port}/` });
  expect(slept).toEqual([ms]);
});

test('a Retry-After that does not fit into the deadline ends the call at once and is passed on', async () => {
  const { seen, listener } = answering([429], { 'retry-after': '20' });
  await using server = await serveHttp(listener);
  const { dependency, slept } = partner();
  // 35 s hold one wait of 20 s, not two.
  await expect(dependency.request({ url: `http://127.0.0.1:${server.port}/` })).rejects.toMatchObject({
    code: 'upstream_unavailable',
    retryAfterMs: 20_000,
  });
  expect(slept).toEqual([20_000]);
  expect(seen).toHaveLength(2);
});

test('a used-up quota is final and rate_limited where the call says so', async () => {
  const { seen, listener } = answering([429], { 'retry-after': '3' });
  await using server = await serveHttp(listener);
  await expect(
    partner().dependency.request({ url: `http://127.0.0.1:${server.port}/`, tooManyRequests: 'final' }),
  ).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 3000 });
  expect(seen).toHaveLength(1);
});

test('connection errors are tried again, and the message has the reason but no query', async () => {
  let port: number;
  {
    await using closed = await serveHttp(() => {});
    port = closed.port;
  }
  const { dependency, slept } = partner();
  const error: unknown = await dependency.request({ url: `http://127.0.0.1:${port}/?key=hunter2` }).catch(identity);
  expect(error).toMatchObject({ code: 'upstream_unavailable', message: 'partner: ECONNREFUSED' });
  expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
  expect(slept).toHaveLength(2);
});

test('an answer that is cut off in the middle is tried again', async () => {
  let requests = 0;
  await using server = await serveSocket((socket) => {
    socket.once('data', () => {
      requests++;
      const body = requests === 1 ? 'half' : 'all of it!';
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n${body}`);
    });
  });
  const response = await partner().dependency.request({ url: `http://127.0.0.1:${server.port}/` });
  expect(text(response.body)).toBe('all of it!');
  expect(requests).toBe(2);
});

test.each([
  ['longer', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdef'],
  ['nonsense', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd'],
])('a server that lies (%s) gives no foreign bytes', async (_kind, bytes) => {
  await using server = await serveSocket((socket) => socket.once('data', () => socket.end(bytes)));
  const outcome = await partner()
    .dependency.request({ url: `http://127.0.0.1:${server.port}/` })
    .then(
      ({ body }) => text(body),
      (error: AppError) => error.code,
    );
  expect(['abc', 'upstream_unavailable']).toContain(outcome);
});

test('a header section without end or of endless size is refused', async () => {
  await using server = await serveSocket((socket) => {
    socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`));
  });
  await expect(partner().dependency.request({ url: `http://127.0.0.1:${server.port}/` })).rejects.toMatchObject({
    code: 'upstream_unavailable',
    message: 'partner: UND_ERR_HEADERS_OVERFLOW',
  });
});

const silent: RequestListener = () => {};
const dripping: RequestListener = (_request, response) => void response.writeHead(200).write('x');

test.each([
  ['no answer', silent],
  ['half an answer', dripping],
])('the deadline ends a call with %s', async (_kind, listener) => {
  await using server = await serveHttp(listener);
  await expect(
    partner().dependency.request({ url: `http://127.0.0.1:${server.port}/`, deadlineMs: 30 }),
  ).rejects.toMatchObject({ code: 'upstream_timeout', message: 'partner: no complete answer within 30 ms' });
});

test('the deadline also ends a call that is still connecting, and one that waits in its pause', async () => {
  await using server = await serveSocket(() => {});
  const { dependency } = partner();
  await expect(dependency.request({ url: `https://127.0.0.1:${server.port}/`, deadlineMs: 30 })).rejects.toMatchObject({
    code: 'upstream_timeout',
  });

  const { listener } = answering([503]);
  await using limited = await serveHttp(listener);
  const { dependency: pausing } = partner(
    {},
    {
      sleep: (_ms, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('the timer has its own error')));
        }),
    },
  );
  await expect(pausing.request({ url: `http://127.0.0.1:${limited.port}/`, deadlineMs: 150 })).rejects.toMatchObject({
    code: 'upstream_timeout',
  });
});

// undici rounds these up to its own tick of half a second, so they run side by side.
test('silence before the headers or inside the body is a timeout', async () => {
  await using mute = await serveHttp(silent);
  await using drip = await serveHttp(dripping);
  const { dependency } = partner();
  const headers = dependency.request({ url: `http://127.0.0.1:${mute.port}/`, headersTimeoutMs: 1 });
  const body = dependency.request({ url: `http://127.0.0.1:${drip.port}/`, bodyTimeoutMs: 1 });
  const [first, second] = await Promise.allSettled([headers, body]);
  expect(first).toMatchObject({ reason: { code: 'upstream_timeout', message: 'partner: UND_ERR_HEADERS_TIMEOUT' } });
  expect(second).toMatchObject({ reason: { code: 'upstream_timeout', message: 'partner: UND_ERR_BODY_TIMEOUT' } });
});

test.each([new Error('the browser left'), new CallerGone()])(
  "the caller's abort stays the caller's abort, at every stage, and says nothing about the dependency",
  async (reason) => {
    await using mute = await serveHttp(silent);
    await using drip = await serveHttp(dripping);
    await using stuck = await serveSocket(() => {});
    const { dependency } = partner({ breaker: { failures: 1 } });
    const urls = [mute, drip].map(({ port }) => `http://127.0.0.1:${port}/`);
    for (const url of [...urls, `https://127.0.0.1:${stuck.port}/`]) {
      const caller = new AbortController();
      const call = dependency.request({ url, signal: caller.signal });
      setTimeout(() => caller.abort(reason), 10);
      await expect(call).rejects.toBe(reason);
      await expect(dependency.request({ url, signal: caller.signal })).rejects.toBe(reason);
    }
    expect(dependency.breaker).toBe('closed');
  },
);

test('the breaker opens after failures, refuses without a connection, and a probe closes it', async () => {
  const { seen, listener } = answering([503, 503, 503, 200]);
  await using server = await serveHttp(listener);
  const { dependency } = partner({ breaker: { failures: 3, halfOpenAfterMs: 1000 } });
  const call = { url: `http://127.0.0.1:${server.port}/` };
  await expect(dependency.request(call)).rejects.toMatchObject({ message: 'partner: answered 503' });
  expect(dependency.breaker).toBe('open');
  await expect(dependency.request(call)).rejects.toMatchObject({
    code: 'upstream_unavailable',
    message: 'partner: the breaker is open',
  });
  expect(seen).toHaveLength(3);
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    vi.setSystemTime(Date.now() + 1001);
    expect(await dependency.request(call)).toMatchObject({ status: 200 });
  } finally {
    vi.useRealTimers();
  }
  expect(dependency.breaker).toBe('closed');
});

test('timeouts and connection errors open the breaker, refusals of ours and 4xx do not', async () => {
  await using mute = await serveHttp(silent);
  const { listener } = answering([404]);
  await using server = await serveHttp(listener);
  await using limited = await serveHttp(answering([429]).listener);
  const url = `http://127.0.0.1:${server.port}/`;
  const outcome = async (failing: Parameters<Dependency['request']>[0]) => {
    const { dependency } = partner({ breaker: { failures: 1 } });
    await dependency.request(failing).catch(() => {});
    return dependency.breaker;
  };
  expect(await outcome({ url: `http://127.0.0.1:${mute.port}/`, deadlineMs: 20 })).toBe('open');
  expect(await outcome({ url: 'http://127.0.0.1:1/' })).toBe('open');
  expect(await outcome({ url })).toBe('closed');
  expect(await outcome({ url: `http://127.0.0.1:${limited.port}/` })).toBe('closed');
  expect(await outcome({ url, bodyMaxBytes: 1 })).toBe('closed');
  expect(await outcome({ url: 'http://10.0.0.1/' })).toBe('closed');
});

test('a huge answer is cut off or refused while it streams, whatever its content-length says', async () => {
  let sent = 0;
  const piece = Buffer.alloc(64 * 1024, 'x');
  await using server = await serveSocket((socket) => {
    socket.once('data', () => {
      const more = () => {
        while (!socket.destroyed && sent < 1e9) {
          sent += piece.length;
          if (!socket.write(piece)) return void socket.once('drain', more);
        }
      };
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n');
      more();
    });
  });
  const { dependency } = partner();
  const call = { url: `http://127.0.0.1:${server.port}/` };
  const response = await dependency.request({ ...call, overflow: 'truncate' });
  expect(response.truncated).toBe(true);
  expect(response.body).toHaveLength(256 * 1024);
  await expect(dependency.request({ ...call, bodyMaxBytes: 1000 })).rejects.toMatchObject({
    code: 'upstream_rejected',
    message: 'partner: the answer is larger than 1000 bytes',
  });
  expect(sent).toBeLessThan(20e6);
});

test.each([
  [10, false],
  [9, true],
])('an answer of 10 bytes with room for %d is truncated: %s', async (bodyMaxBytes, truncated) => {
  await using server = await serveHttp((_request, response) => {
    response.write('01234');
    response.end('56789');
  });
  const call = { url: `http://127.0.0.1:${server.port}/`, bodyMaxBytes, overflow: 'truncate' as const };
  const response = await partner().dependency.request(call);
  expect(response.truncated).toBe(truncated);
  expect(text(response.body)).toBe('0123456789'.slice(0, bodyMaxBytes));
});

test.each(['gzip', 'br', 'identity, gzip', 'x-unknown'])(
  'a body compressed with %s is refused unread',
  async (encoding) => {
    const bomb = gzipSync(Buffer.alloc(5e6));
    await using server = await serveHttp((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding, 'content-type': 'application/json' }).end(bomb);
    });
    await expect(partner().dependency.request({ url: `http://127.0.0.1:${server.port}/` })).rejects.toMatchObject({
      code: 'upstream_rejected',
      message: 'partner: the answer is compressed, which was not asked for',
    });
  },
);

test('an HTML page instead of JSON is an unavailable dependency', async () => {
  await using server = await serveHttp((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>sign in</html>');
  });
  const call = { url: `http://127.0.0.1:${server.port}/` };
  await expect(requestJson(partner().dependency, call, z.object({}))).rejects.toMatchObject({
    code: 'upstream_unavailable',
    message: 'partner: answered text/html instead of JSON',
  });
});

test('no more connections are opened than the pool holds, and the long pool is another one', async () => {
  const waiting: (() => void)[] = [];
  await using server = await serveHttp((_request, response) => void waiting.push(() => response.end('ok')));
  const { dependency } = partner();
  const call = { url: `http://127.0.0.1:${server.port}/` };
  const calls = Array.from({ length: 80 }, () => dependency.request(call));
  await vi.waitFor(() => expect(waiting).toHaveLength(64), { interval: 5 });
  const long = dependency.request({ ...call, purpose: 'long' });
  await vi.waitFor(() => expect(waiting).toHaveLength(65), { interval: 5 });
  expect(server.connections).toBe(65);
  const pump = setInterval(() => waiting.splice(0).forEach((answer) => answer()), 2);
  await Promise.all([...calls, long]);
  clearInterval(pump);
  expect(server.connections).toBe(65);
});

test('a call that finds every connection taken ends with its deadline', async () => {
  await using server = await serveHttp(silent);
  const { dependency } = partner();
  const caller = new AbortController();
  const url = `http://127.0.0.1:${server.port}/`;
  const stuck = Array.from({ length: 64 }, () => dependency.request({ url, signal: caller.signal }).catch(identity));
  await vi.waitFor(() => expect(server.connections).toBe(64), { interval: 5 });
  await expect(dependency.request({ url, deadlineMs: 30 })).rejects.toMatchObject({ code: 'upstream_timeout' });
  caller.abort();
  await Promise.all(stuck);
});

test('no deadline is longer than that of the pool', async () => {
  const { listener } = answering([503], { 'retry-after': '36' });
  await using server = await serveHttp(listener);
  const { dependency, slept } = partner({ breaker: { failures: Infinity } });
  const call = { url: `http://127.0.0.1:${server.port}/`, deadlineMs: 999_000 };
  await expect(dependency.request(call)).rejects.toMatchObject({ retryAfterMs: 36_000 });
  expect(slept).toEqual([]);
  await expect(dependency.request({ ...call, purpose: 'long' })).rejects.toMatchObject({ retryAfterMs: 36_000 });
  expect(slept).toEqual([36_000, 36_000]);
});

test('a failure that opens the breaker is the last word, and keeps its own reason', async () => {
  const { seen, listener } = answering([503]);
  await using server = await serveHttp(listener);
  const { dependency, slept } = partner({ breaker: { failures: 1 } });
  await expect(dependency.request({ url: `http://127.0.0.1:${server.port}/` })).rejects.toMatchObject({
    message: 'partner: answered 503',
  });
  expect([seen.length, slept]).toEqual([1, []]);
});

test("the system's own resolver, clock and timer do the same", async () => {
  const { listener } = answering([503, 200]);
  await using server = await serveHttp(listener);
  const url = `http://localhost:${server.port}/`;
  const inside = createDependency({ name: 'inside', network: ['127.0.0.0/8', '::1/128'] }, { random: () => 0 });
  const outside = createDependency({ name: 'outside', network: 'public' });
  open.push(inside, outside);
  expect(await inside.request({ url })).toMatchObject({ status: 200 });
  await expect(outside.request({ url })).rejects.toMatchObject({ code: 'upstream_rejected' });
});
