import { AppError, type Caller } from '@causeway/core';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import express from 'express';
import { afterEach, describe, expect, test } from 'vitest';
import { parseNetworks } from '../network/networks.ts';
import { withSpan } from '../telemetry/with-span.ts';
import { HttpRefusal } from './http-refusal.ts';
import { readBody } from './read-body.ts';
import { requestContext } from './request-context.ts';
import { bodyOf, startApp as start, type StartedApp, type StartOptions, statusOf } from './testing/start-app.ts';

const running: StartedApp[] = [];
async function startApp(options?: StartOptions): Promise<StartedApp> {
  const app = await start(options);
  running.push(app);
  return app;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.stop()));
});

const hello: StartOptions = {
  routes: ['GET /hello', 'GET /items/:id', 'POST /echo'],
  mount: (app) => {
    app.get('/hello', (_request, response) => void response.json({ hello: true }));
    app.get('/items/:id', (_request, response) => void response.json({}));
    app.post('/echo', async (request, response) => void response.end(await readBody(request, 1000)));
    app.post('/json', express.json({ limit: 100 }), (_request, response) => void response.json({}));
  },
};

test.each([
  ['another name', ['GET /hello HTTP/1.1', 'Host: evil.example'], 421],
  ['another port', ['GET /hello HTTP/1.1', 'Host: gateway.test:8080'], 421],
  ['a trailing dot', ['GET /hello HTTP/1.1', 'Host: gateway.test.'], 421],
  ['credentials', ['GET /hello HTTP/1.1', 'Host: a@gateway.test'], 421],
  ['an empty one', ['GET /hello HTTP/1.1', 'Host:'], 421],
  ['none, HTTP/1.0', ['GET /hello HTTP/1.0'], 421],
  ['none, HTTP/1.1', ['GET /hello HTTP/1.1'], 400],
  ['two equal ones', ['GET /hello HTTP/1.1', 'Host: gateway.test', 'Host: gateway.test'], 400],
  ['ours first, another second', ['GET /hello HTTP/1.1', 'Host: gateway.test', 'hOST: evil.example'], 400],
  ['an absolute-form target of another', ['GET http://evil.example/hello HTTP/1.1', 'Host: gateway.test'], 421],
  ['an absolute-form target of ours', ['GET http://gateway.test/hello HTTP/1.1', 'Host: gateway.test'], 421],
  ['a forwarded host does not count', ['GET /hello HTTP/1.1', 'Host: evil', 'X-Forwarded-Host: gateway.test'], 421],
  ['health too', ['GET /livez HTTP/1.1', 'Host: evil.example'], 421],
])('a Host that is not exactly ours is refused: %s', async (_, lines, status) => {
  const answer = await (await startApp(hello)).say(...lines, 'Connection: close');
  expect(statusOf(answer)).toBe(status);
  expect(answer).not.toContain('"hello"');
});

test.each(['gateway.test', 'GATEWAY.test', 'gateway.test:80'])('our own Host %s is served', async (host) => {
  const app = await startApp(hello);
  expect(statusOf(await app.say('GET /hello HTTP/1.1', `Host: ${host}`, 'Connection: close'))).toBe(200);
});

test('a request without a method or with bytes that are no HTTP gets 400 and no stack', async () => {
  const answer = await (await startApp()).say('\u0000\u0001 nonsense');
  expect(statusOf(answer)).toBe(400);
  expect(answer).not.toMatch(/at /);
});

test.each([
  ['0af7651916cd43dd8448eb211c80319c', true],
  ['01998a2e-0000-7000-8000-000000000000', true],
  ['short', false],
  ['x'.repeat(65), false],
  ['with space in it', false],
  ['"quoted-id-12"', false],
])('the request id %s of the caller is honoured: %s', async (id, honoured) => {
  const app = await startApp(hello);
  const answer = await app.get('/hello', `X-Request-Id: ${id}`);
  const echoed = /x-request-id: (.*)\r/i.exec(answer)?.[1];
  expect(echoed === id).toBe(honoured);
  expect(echoed).toMatch(/^[\w.:-]{8,64}$/);
  expect(app.lines.at(-1)).toMatchObject({ request_id: echoed });
});

test('every answer has the security headers and hides what made it', async () => {
  const app = await startApp(hello);
  for (const path of ['/hello', '/nothing', '/livez']) {
    const answer = await app.get(path);
    expect(answer).toMatch(/x-content-type-options: nosniff/i);
    expect(answer).toMatch(/content-security-policy: default-src 'none'; frame-ancestors 'none'/i);
    expect(answer).toMatch(/x-frame-options: DENY/i);
    expect(answer).toMatch(/referrer-policy: no-referrer/i);
    expect(answer).toMatch(/cache-control: no-store/i);
    expect(answer).not.toMatch(/x-powered-by|etag|strict-transport-security/i);
  }
});

test('an https deployment says so to browsers', async () => {
  const app = await startApp({ ...hello, publicUrls: ['https://gateway.test'] });
  expect(await app.get('/hello')).toMatch(/strict-transport-security: max-age=31536000/i);
});

describe('an endpoint', () => {
  const byExpress = (response: object) => 'json' in response;
  const endpoints: StartOptions = {
    ...hello,
    routes: ['POST /busy', 'POST /fail'],
    endpoints: {
      'POST /busy': async (_, response) => void response.end(byExpress(response) ? 'by Express' : 'past Express'),
      'POST /fail': () => Promise.reject(new AppError('rate_limited', 'x')),
    },
  };
  const post = (path: string) => [`POST ${path} HTTP/1.1`, 'Host: gateway.test', 'Connection: close'];

  test.each([
    ['/busy', 'past Express'],
    ['/busy?a=1', 'by Express'],
    ['/busy/', 'by Express'],
    ['/Busy', 'by Express'],
  ])('%s is served %s', async (path, how) => {
    const app = await startApp(endpoints);
    const answer = await app.say(...post(path));
    expect(answer).toContain(how);
    expect(answer).toMatch(/x-frame-options: DENY/i);
    expect(app.lines).toMatchObject([{ msg: 'request', route: '/busy', status: 200, method: 'POST' }]);
  });

  test('is behind every check', async () => {
    const app = await startApp({ ...endpoints, bodyBytesMax: 10 });
    const fields = Array.from({ length: 99 }, (_, at) => `X-${at}: y`);
    for (const [status, ...lines] of [
      [421, 'POST /busy HTTP/1.1', 'Host: evil.example', 'Connection: close'],
      [400, 'POST /busy HTTP/1.1', 'Host: gateway.test', 'Host: gateway.test', 'Connection: close'],
      [413, ...post('/busy'), 'Content-Length: 11'],
      [431, ...post('/busy'), ...fields],
    ] as const) {
      const answer = await app.say(...lines);
      expect([status, statusOf(answer)]).toEqual([status, status]);
      expect(answer).not.toContain('Express');
    }
  });

  test('has its rejection rendered as any other', async () => {
    const app = await startApp(endpoints);
    for (const path of ['/fail', '/fail/']) {
      const answer = await app.say(...post(path));
      expect(statusOf(answer)).toBe(429);
      expect(bodyOf(answer)).toMatchObject({ error: { code: 'rate_limited' } });
      expect(app.lines.at(-1)).toMatchObject({ route: '/fail', error_code: 'rate_limited' });
    }
  });

  test('does not answer another method', async () => {
    expect(statusOf(await (await startApp(endpoints)).get('/busy'))).toBe(404);
  });
});

const failing = (thrown: unknown): StartOptions => ({
  routes: ['GET /fail'],
  challenge: (error) => (error.code === 'invalid_token' ? 'Bearer resource_metadata="x"' : undefined),
  mount: (app) => {
    app.get('/fail', () => {
      throw thrown;
    });
  },
});

test.each([
  ['invalid_request', 400],
  ['invalid_token', 401],
  ['insufficient_scope', 403],
  ['access_denied', 403],
  ['not_found', 404],
  ['upstream_rejected', 422],
  ['rate_limited', 429],
  ['internal', 500],
  ['exchange_denied', 502],
  ['upstream_unavailable', 503],
  ['upstream_timeout', 504],
  ['config_invalid', 500],
] as const)('%s is answered with %i, its public message and the request id', async (code, status) => {
  const app = await startApp(failing(new AppError(code, 'hunter2', { cause: new Error('hunter2') })));
  const answer = await app.get('/fail', 'X-Request-Id: request-12345');
  expect(statusOf(answer)).toBe(status);
  const { publicMessage } = new AppError(code, '');
  expect(bodyOf(answer)).toEqual({ error: { code, message: publicMessage, request_id: 'request-12345' } });
  expect(answer).not.toContain('hunter2');
  expect(answer.includes('WWW-Authenticate: Bearer resource_metadata="x"')).toBe(code === 'invalid_token');
  expect(app.lines.at(-1)).toMatchObject({ status, error_code: code, reason: 'hunter2' });
});

test('an exception that nobody foresaw is a 500 without its text, inside and outside', async () => {
  const app = await startApp(failing(Object.assign(new Error('hunter2'), { status: 200, expose: true })));
  const answer = await app.get('/fail');
  expect(statusOf(answer)).toBe(500);
  expect(answer).not.toContain('hunter2');
  expect(JSON.stringify(app.lines)).not.toContain('hunter2');
  expect(app.lines.at(-1)).toMatchObject({ level: 'error', error_code: 'internal', outcome: 'error' });
});

test('retry_after_ms is told in the body and, rounded up, as Retry-After', async () => {
  const app = await startApp(failing(new AppError('rate_limited', 'x', { retryAfterMs: 1200 })));
  const answer = await app.get('/fail');
  expect(answer).toMatch(/retry-after: 2\r/i);
  expect(bodyOf(answer)).toMatchObject({ error: { retry_after_ms: 1200 } });
});

test('an HTTP refusal keeps its own status', async () => {
  const answer = await (await startApp(failing(new HttpRefusal(405, 'GET is not offered')))).get('/fail');
  expect(statusOf(answer)).toBe(405);
  expect(bodyOf(answer)).toMatchObject({ error: { code: 'invalid_request' } });
});

test('an error after the answer has begun breaks the connection, so that nobody takes half for whole', async () => {
  const app = await startApp({
    routes: ['GET /half'],
    mount: (express_) => {
      express_.get('/half', (_request, response) => {
        response.write('first');
        throw new Error('x');
      });
    },
  });
  const answer = await app.get('/half');
  expect(answer).not.toMatch(/\r\n0\r\n\r\n$/);
  expect(app.lines).toMatchObject([{ msg: 'request', aborted: true, error_code: 'internal' }]);
});

test('when even the rendering of an error fails, nothing is told', async () => {
  const app = await startApp({
    ...failing(new AppError('invalid_token', 'x')),
    challenge: () => {
      throw new Error('hunter2');
    },
  });
  expect(await app.get('/fail')).toBe('');
  expect(app.lines).toMatchObject([{ msg: 'rendering an error failed', error: { type: 'Error' } }, { aborted: true }]);
  expect(JSON.stringify(app.lines)).not.toContain('hunter2');
});

test('an exception before a request has its context ends its connection, and not the process', async () => {
  const trustedProxies = {
    contains: () => {
      throw new Error('hunter2');
    },
  };
  const app = await startApp({ ...hello, trustedProxies });
  expect(await app.get('/hello', 'X-Forwarded-For: 10.0.0.1')).toBe('');
  expect(app.lines).toMatchObject([{ msg: 'rendering an error failed' }]);
  expect(statusOf(await app.get('/hello'))).toBe(200);
});

test.each(['/livez', '/hello', '/items/1'])('OPTIONS %s tells nothing of what there is', async (path) => {
  const app = await startApp(hello);
  const answer = await app.say(`OPTIONS ${path} HTTP/1.1`, 'Host: gateway.test', 'Connection: close');
  expect(statusOf(answer)).toBe(404);
  expect(answer).not.toMatch(/allow:/i);
  expect(bodyOf(answer)).toMatchObject({ error: { code: 'not_found' } });
});

test('what a route throws is told under that route', async () => {
  const app = await startApp({
    routes: ['GET /items/:id'],
    mount: (served) => {
      served.get('/items/:id', () => {
        throw new AppError('access_denied', 'x');
      });
    },
  });
  await app.get('/items/1');
  expect(app.lines).toMatchObject([{ route: '/items/:id', status: 403 }]);
});

test('an unknown path is not_found, a path that cannot be decoded is invalid_request', async () => {
  const app = await startApp(hello);
  expect(bodyOf(await app.get('/nothing'))).toMatchObject({ error: { code: 'not_found' } });
  const malformed = await app.get('/items/%E0%A4%A');
  expect(statusOf(malformed)).toBe(400);
  expect(bodyOf(malformed)).toMatchObject({ error: { code: 'invalid_request' } });
});

test('a body that says it is too large is refused before it is read', async () => {
  const app = await startApp({ ...hello, bodyBytesMax: 10 });
  const post = (length: number, body: string) =>
    app.say('POST /echo HTTP/1.1', 'Host: gateway.test', 'Connection: close', `Content-Length: ${length}`, '', body);
  expect(statusOf(await post(11, ''))).toBe(413);
  expect(statusOf(await post(5, '12345'))).toBe(200);
});

test('the default limit of a body is 1 MiB', async () => {
  const app = await startApp(hello);
  const post = (length: number) =>
    app.say('POST /nothing HTTP/1.1', 'Host: gateway.test', 'Connection: close', `Content-Length: ${length}`);
  expect(statusOf(await post(1024 * 1024 + 1))).toBe(413);
});

test('a body that does not say its length is bounded by its reader', async () => {
  const app = await startApp(hello);
  const chunked = (size: number) =>
    app.say(
      'POST /echo HTTP/1.1',
      'Host: gateway.test',
      'Connection: close',
      'Transfer-Encoding: chunked',
      '',
      size.toString(16),
      'x'.repeat(size),
      '0',
    );
  expect(statusOf(await chunked(1000))).toBe(200);
  expect(statusOf(await chunked(1001))).toBe(413);
});

test('an endless body is refused while it is still being sent', async () => {
  const app = await startApp(hello);
  const connection = app.open();
  const { socket } = connection;
  socket.write('POST /echo HTTP/1.1\r\nHost: gateway.test\r\nTransfer-Encoding: chunked\r\n\r\n');
  socket.write(`7d0\r\n${'x'.repeat(2000)}\r\n`);
  expect(statusOf(await connection.hears(/request_id/))).toBe(413);
  expect(statusOf(await connection.closed)).toBe(413);
});

test('a body that breaks off is no fault of ours', async () => {
  const finished = Promise.withResolvers<unknown>();
  const app = await startApp({
    mount: (served) => {
      served.post('/echo', (request) => void readBody(request).catch(finished.resolve));
    },
  });
  const connection = app.open();
  connection.socket.end('POST /echo HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 9\r\n\r\nx');
  await connection.closed;
  expect(await finished.promise).toMatchObject({ code: 'invalid_request', message: 'the body ended early' });
  expect(app.lines.at(-1)).toMatchObject({ level: 'info', aborted: true, status: 499, outcome: 'error' });
});

test.each([
  ['too large', 'x'.repeat(101), 'application/json', 413],
  ['malformed', '{"password":"hunter2', 'application/json', 400],
  ['of an unknown charset', '{}', 'application/json; charset=martian', 415],
])("the refusals of Express's own parsers keep their status and quote nothing: %s", async (_, body, type, status) => {
  const app = await startApp(hello);
  const headers = [
    'Host: gateway.test',
    'Connection: close',
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
  ];
  const answer = await app.say('POST /json HTTP/1.1', ...headers, '', body);
  expect(statusOf(answer)).toBe(status);
  expect(bodyOf(answer)).toMatchObject({ error: { code: 'invalid_request' } });
  expect(JSON.stringify([answer, app.lines])).not.toContain('hunter2');
});

test('more than 100 header fields are refused, and so are too many bytes of them', async () => {
  const app = await startApp({ ...hello, limits: { headerBytesMax: 8192 } });
  const fields = Array.from({ length: 99 }, (_, at) => `X-${at}: y`);
  expect(statusOf(await app.get('/hello', ...fields))).toBe(431);
  expect(statusOf(await app.get('/hello', ...fields.slice(2)))).toBe(200);
  expect(statusOf(await app.get('/hello', `X-Long: ${'y'.repeat(8192)}`))).toBe(431);
});

test('one line per request, with what the route knows of it', async () => {
  const caller: Caller = {
    pattern: 'm2m',
    human: undefined,
    agent: { id: 'supervisor' },
    principal: { id: 'p', role: 'executive', groups: [] },
    scopes: [],
    expiresAt: new Date(0),
    tokenId: 'jti',
  };
  const app = await startApp({
    routes: ['GET /tool'],
    mount: (served) => {
      served.get('/tool', (_request, response) => {
        const current = requestContext(response);
        Object.assign(current, { caller, tool: 'check_identity', outcome: 'rate_limited' });
        current.logger.info('inside');
        response.json({});
      });
    },
  });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await app.get('/tool?token=hunter2', 'X-Request-Id: request-12345', `Traceparent: ${traceparent}`);
  const ids = { request_id: 'request-12345', trace_id: '0af7651916cd43dd8448eb211c80319c' };
  expect(app.lines).toMatchObject([
    { msg: 'inside', ...ids },
    { msg: 'request', ...ids, tool: 'check_identity', outcome: 'rate_limited', route: '/tool', status: 200 },
  ]);
  expect(app.lines[1]).toMatchObject({ caller: { agent: 'supervisor', principal: { id: 'p' } } });
  expect(JSON.stringify(app.lines)).not.toContain('hunter2');
});

test('a caller who goes away is noted', async () => {
  const reached = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const app = await startApp({
    routes: ['GET /slow'],
    mount: (served) => {
      served.get('/slow', (_request, response) => {
        response.once('close', () => closed.resolve());
        reached.resolve();
      });
    },
  });
  const connection = app.open();
  connection.socket.write('GET /slow HTTP/1.1\r\nHost: gateway.test\r\n\r\n');
  await reached.promise;
  connection.socket.destroy();
  await closed.promise;
  expect(app.lines.at(-1)).toMatchObject({ route: '/slow', aborted: true });
});

test('metrics count by route pattern, and paths of callers never become labels', async () => {
  const app = await startApp(hello);
  await app.get('/items/42');
  await app.get('/items/hunter2');
  await app.get('/hunter2');
  const text = await app.metrics.registry.metrics();
  expect(text).toContain('http_server_request_duration_seconds_count{method="GET",route="/items/:id",status="2xx"} 2');
  expect(text).toContain('http_server_request_duration_seconds_count{method="GET",route="other",status="4xx"} 1');
  expect(text).not.toContain('hunter2');
});

test('an unrouted handler is counted by its path only when that is declared', async () => {
  const app = await startApp({
    routes: ['GET /oauth/token'],
    mount: (served) => {
      served.use('/oauth', (_request, response) => void response.end());
    },
  });
  await app.get('/oauth/token?code=x');
  await app.get('/oauth/other');
  expect(app.lines.map(({ route }) => route)).toEqual(['/oauth/token', 'other']);
});

test('the address of the client is read from trusted proxies only', async () => {
  const trusting = await startApp({ trustedProxies: parseNetworks('127.0.0.0/8')! });
  const doubting = await startApp();
  for (const app of [trusting, doubting]) await app.get('/livez', 'X-Forwarded-For: 1.2.3.4, 203.0.113.9');
  expect(trusting.lines.at(-1)).toMatchObject({ client_address: '203.0.113.9' });
  expect(doubting.lines.at(-1)).toMatchObject({ client_address: '127.0.0.1' });
});

test("a request's span is a root, linked to the caller's, and tells neither text nor path", async () => {
  const exporter = new InMemorySpanExporter();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  try {
    // Sockets inherit the context in which the server was started.
    const app = await withSpan('start', {}, () =>
      startApp({
        routes: ['GET /fail'],
        mount: (served) => {
          served.get('/fail', () =>
            withSpan('inner', {}, () => Promise.reject(new AppError('access_denied', 'hunter2'))),
          );
        },
      }),
    );
    exporter.reset();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await app.get('/fail?code=hunter2', `Traceparent: ${traceparent}`, 'X-Request-Id: request-12345');
    const [inner, outer] = exporter.getFinishedSpans();
    expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
    expect(outer?.parentSpanContext).toBeUndefined();
    expect(outer?.links.map((link) => link.context.spanId)).toEqual(['b7ad6b7169203331']);
    expect(outer).toMatchObject({ name: 'GET /fail', status: { code: 2 } });
    expect(outer?.attributes).toEqual({
      service_name: 'demo',
      request_id: 'request-12345',
      latency_ms: expect.any(Number),
      'http.request.method': 'GET',
      'http.route': '/fail',
      'http.response.status_code': 403,
      'error.type': 'access_denied',
      error_code: 'access_denied',
    });
    expect(app.lines.at(-1)).toMatchObject({ trace_id: outer?.spanContext().traceId });
  } finally {
    trace.disable();
    context.disable();
  }
});

const databaseDown = {
  name: 'database',
  required: true,
  run: () => Promise.reject(new AppError('upstream_unavailable', 'db.internal')),
};

test('livez, readyz, health and metrics on the main port', async () => {
  const app = await startApp({ checks: [{ ...databaseDown, run: () => Promise.resolve() }] });
  expect(bodyOf(await app.get('/livez'))).toEqual({ status: 'ok' });
  expect(bodyOf(await app.get('/readyz'))).toEqual({ ready: true });
  expect(bodyOf(await app.get('/health'))).toMatchObject({
    status: 'ok',
    dependencies: { database: { status: 'ok' } },
  });
  expect(await app.get('/metrics')).toContain('http_server_request_duration_seconds_bucket');
  app.health.markDraining();
  expect(statusOf(await app.get('/readyz'))).toBe(503);
  expect(statusOf(await app.get('/livez'))).toBe(200);
});

test('a required dependency that is down makes health and readiness 503, and the process stays alive', async () => {
  const app = await startApp({ checks: [databaseDown] });
  const answers = await Promise.all(['/health', '/readyz', '/livez'].map((path) => app.get(path)));
  expect(answers.map(statusOf)).toEqual([503, 503, 200]);
  expect(answers.join('')).not.toContain('db.internal');
});

test('with an admin listener the main port tells no details and has no metrics', async () => {
  const app = await startApp({ checks: [databaseDown], hasAdminListener: true });
  expect(bodyOf(await app.get('/health'))).toEqual({ status: 'down' });
  expect(bodyOf(await app.get('/readyz'))).toEqual({ ready: false });
  expect(statusOf(await app.get('/metrics'))).toBe(404);
});
