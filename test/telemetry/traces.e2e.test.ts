import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { OtlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';
import { type Called, clientTrace, META, TelemetryWorld } from './telemetry-world.ts';

/** A good call of every tool, for somebody who may do everything, and the steps that it must show. */
const GOOD: Readonly<Record<string, readonly [args: object, steps: readonly string[]]>> = {
  check_identity: [{}, []],
  get_region_summary: [{}, ['sql']],
  query_sales_data: [{ limit: 2 }, ['sql']],
  genie_query: [{ question: 'What is the revenue by region?' }, ['ask', 'sql']],
  query_knowledge_base: [{ query: 'discount' }, ['sql']],
  query_audit_log: [{}, ['sql']],
  ask_supervisor: [{ question: 'What is the revenue by region?' }, []],
  github_search: [{ query: 'causeway', kind: 'repositories' }, ['external_api']],
  external_api_call: [{ connection: 'orders', method: 'GET', path: '/orders' }, ['external_api']],
};
const TOOLS = Object.keys(GOOD);
const ADMIN = 'ada@contoso.example';
const WAIT = { timeout: 60_000, interval: 200 };

let receiver: OtlpReceiver;
let world: TelemetryWorld;
let admin: string;

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  world = await TelemetryWorld.start({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_METRIC_EXPORT_INTERVAL: '500',
  });
  admin = await world.tokenOf(ADMIN);
}, 120_000);
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await receiver?.close();
});

const ofRequest =
  ({ requestId }: Called) =>
  ({ attributes }: ReceivedSpan) =>
    attributes['request_id'] === requestId;

const callSpan = (called: Called): Promise<ReceivedSpan> =>
  receiver.span(
    `the call ${called.requestId}`,
    (span) => span.kind === 'SPAN_KIND_SERVER' && ofRequest(called)(span) && span.name.startsWith('tools/'),
  );

const httpSpan = (called: Called): Promise<ReceivedSpan> =>
  receiver.span(`the request ${called.requestId}`, (span) => ofRequest(called)(span) && span.name.startsWith('POST'));

/** The names of everything below a span, once `wanted` are among them. */
async function stepsBelow(top: ReceivedSpan, wanted: readonly string[]): Promise<readonly string[]> {
  let found: readonly string[] = [];
  try {
    return await receiver.until('steps', ({ spans }) => {
      const isBelow = (span: ReceivedSpan): boolean => {
        const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
        return span.parentSpanId === top.spanId || (parent !== undefined && isBelow(parent));
      };
      found = spans.filter((span) => span.traceId === top.traceId && isBelow(span)).map(({ name }) => name);
      return wanted.every((name) => found.includes(name)) ? found : undefined;
    });
  } catch {
    return found;
  }
}

test('[trace-every-outcome] the list of tools is the one that is walked here', async () => {
  expect(await world.listTools(admin)).toEqual(TOOLS);
});

describe.concurrent.each(TOOLS)('%s', (tool) => {
  const [args, steps] = GOOD[tool] ?? [{}, []];

  test('[trace-spans, trace-attributes, trace-every-outcome, trace-context-in] a good call: who, what, how long, in the caller’s trace, with its steps', async () => {
    const trace = clientTrace();
    const called = await world.call({ token: admin, tool, args, trace });
    expect(called).toMatchObject({ status: 200, code: undefined });
    const span = await callSpan(called);
    expect(span).toMatchObject({ name: `tools/call ${tool}`, traceId: trace.traceId, parentSpanId: trace.spanId });
    expect(span.attributes).toEqual({
      service_name: 'mcp',
      tool,
      'caller.email': ADMIN,
      'caller.role': 'admin',
      request_id: called.requestId,
      latency_ms: expect.any(Number),
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': tool,
    });
    expect(span.status?.code ?? 'STATUS_CODE_UNSET').toBe('STATUS_CODE_UNSET');
    const wanted = ['limit', 'exchange', ...steps, 'audit', 'audit store'];
    expect(await stepsBelow(span, wanted)).toEqual(expect.arrayContaining(wanted));
    const http = await httpSpan(called);
    expect(span.links).toMatchObject([{ traceId: http.traceId, spanId: http.spanId }]);
    expect(await stepsBelow(http, ['auth'])).toContain('auth');
  });

  test('[trace-every-outcome] input that is none', async () => {
    const called = await world.call({ token: admin, tool, args: { nonsense: 'hunter2' } });
    expect(called.code).toBe('invalid_request');
    await expectRefusal(called, { 'error.type': 'tool_error', error_code: 'invalid_request' });
  });
});

/** The one tool that needs none shows who one is. */
const SCOPED = TOOLS.filter((tool) => tool !== 'check_identity');

test.concurrent.each(SCOPED)('[trace-every-outcome] %s, with a token without the scope', async (tool) => {
  const scope = tool === 'genie_query' ? 'audit' : 'genie';
  const called = await world.call({ token: await tokenWith(scope), tool, args: GOOD[tool]?.[0] });
  expect(called.status).toBe(403);
  await expectRefusal(called, { 'error.type': 'insufficient_scope', error_code: 'insufficient_scope' });
});

async function expectRefusal(called: Called, attributes: object): Promise<void> {
  const span = await callSpan(called);
  expect(span.attributes).toMatchObject({
    request_id: called.requestId,
    latency_ms: expect.any(Number),
    ...attributes,
  });
  expect(span.status).toEqual({ code: 'STATUS_CODE_ERROR' });
  expect(await stepsBelow(span, ['audit', 'audit store'])).toEqual(expect.arrayContaining(['audit', 'audit store']));
}

const scoped = new Map<string, Promise<string>>();
function tokenWith(scope: string): Promise<string> {
  const token = scoped.get(scope) ?? world.tokenOf(ADMIN, { scope });
  scoped.set(scope, token);
  return token;
}

test('[trace-into-worker, trace-context-in] one trace from the token request over the call to the rows that the worker stored, whatever flag the caller sets', async () => {
  for (const flags of ['00', '01']) {
    const trace = clientTrace(flags);
    const token = await world.tokenOf(ADMIN, { headers: { traceparent: trace.traceparent } });
    await world.call({ token, tool: 'query_sales_data', args: { limit: 1 }, trace });
    const services = await receiver.until('all three services', ({ spans }) => {
      const mine = spans.filter(({ traceId }) => traceId === trace.traceId);
      const names = new Set(mine.map(({ name, resource }) => `${String(resource['service.name'])} ${name}`));
      return names.has('mcp tools/call query_sales_data') &&
        [...names].filter((name) => name.endsWith('audit store')).length > 0 &&
        names.has('portal POST /oauth/token')
        ? names
        : undefined;
    });
    for (const name of [
      'portal auth',
      'portal limit',
      'portal exchange',
      'portal audit',
      'mcp sql',
      'audit-worker audit store',
    ]) {
      expect(services).toContain(name);
    }
    const { attributes } = await receiver.span(
      'the token request',
      ({ name, traceId }) => name === 'POST /oauth/token' && traceId === trace.traceId,
    );
    expect(attributes).toMatchObject({ service_name: 'portal', 'caller.email': ADMIN, 'caller.role': 'admin' });
  }
});

test('[trace-every-outcome] what never reaches a tool has its span too', async () => {
  const none = await world.call({ token: 'not-a-token', tool: 'check_identity' });
  expect((await httpSpan(none)).attributes).toMatchObject({
    'error.type': 'invalid_token',
    'http.response.status_code': 401,
  });
  const unknown = await world.call({ token: admin, tool: 'no_such_tool' });
  expect((await httpSpan(unknown)).attributes).toMatchObject({
    'error.type': 'invalid_request',
    'caller.email': ADMIN,
  });
});

test('[trace-context-in] inbound baggage and trace state end here', async () => {
  const trace = clientTrace();
  const baggage = 'user=hunter2';
  const called = await world.call({
    token: admin,
    tool: 'external_api_call',
    args: GOOD['external_api_call']?.[0],
    trace,
    headers: { baggage, tracestate: 'x=hunter2' },
    meta: { baggage, tracestate: 'x=hunter2' },
  });
  await callSpan(called);
  expect(JSON.stringify(receiver.spans)).not.toContain('hunter2');
});

/** Messages of the protocol that are no calls. */
const METHODS = ['tools/list', 'server/discover', 'ping'] as const;

test('[trace-spans, trace-attributes, trace-context-in] messages that are no calls have spans of their methods, in the caller’s trace', async () => {
  for (const method of METHODS) {
    const trace = clientTrace();
    const meta = { ...META, traceparent: trace.traceparent };
    const headers = { authorization: `Bearer ${admin}`, 'mcp-method': method };
    const asked = await world.post({ method, params: { _meta: meta } }, headers);
    const span = await receiver.span(method, (one) => ofRequest(asked)(one) && one.name === method);
    expect(span).toMatchObject({ kind: 'SPAN_KIND_SERVER', traceId: trace.traceId, parentSpanId: trace.spanId });
    expect(span.attributes).toMatchObject({
      service_name: 'mcp',
      'mcp.method.name': method,
      'caller.email': ADMIN,
      'caller.role': 'admin',
      latency_ms: expect.any(Number),
    });
  }
  const headers = { authorization: `Bearer ${admin}`, 'mcp-method': 'hunter2/method' };
  const unknown = await world.post({ method: 'hunter2/method', params: { _meta: META } }, headers);
  await httpSpan(unknown);
  expect(JSON.stringify(receiver.spans)).not.toContain('hunter2');
});

test('[trace-context-out] whoever is called on the way is told the trace, and nothing else of the caller’s', async () => {
  const heard: (string | undefined)[] = [];
  const provider = createServer(({ headers }, response) => {
    heard.push(headers['traceparent'] as string | undefined);
    response.writeHead(503).end();
  }).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  onTestFinished(() => void provider.close());
  const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const entry = `{ id: fourth, kind: oidc, issuer: '${issuer}', audience: x, network: [127.0.0.0/8], roles: { x: finance } }`;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: 'x', sub: 'x', iat: seconds, exp: seconds + 60 };
  const token = `${part({ alg: 'RS256', kid: 'x' })}.${part(claims)}.${part({})}`;
  const trace = clientTrace('01');
  const headers = { traceparent: trace.traceparent, baggage: 'user=hunter2' };
  await world.editPolicy(
    (text) => text.replace('providers:\n', `providers:\n  - ${entry}\n`),
    async () => (await world.exchange(token, { headers })).status === 503,
  );
  expect(heard.filter((one) => one?.slice(3, 35) === trace.traceId).length).toBeGreaterThan(0);
});

test('[trace-every-outcome] a warehouse that is away is in the span of every tool that needed it', async () => {
  const elena = await world.tokenOf('elena@contoso.example');
  const open = await world.shutWarehouse();
  try {
    const codes = await Promise.all(
      TOOLS.map(async (tool) => {
        const called = await world.call({ token: elena, tool, args: GOOD[tool]?.[0] });
        const span = await callSpan(called);
        expect(span.attributes['error_code'], tool).toBe(called.code);
        expect(span.status?.code === 'STATUS_CODE_ERROR', tool).toBe(called.code !== undefined);
        return [tool, called.code] as const;
      }),
    );
    const needed = codes.filter(([tool]) => GOOD[tool]?.[1].includes('sql'));
    expect(needed.map(([, code]) => code)).toEqual(needed.map(() => 'upstream_unavailable'));
  } finally {
    await open();
  }
});

test('[trace-every-outcome] a journal that cannot be written is in the span of every tool', async () => {
  const journal = join(world.stack.environment.JOURNAL_DIR, 'mcp-1');
  const code = async () => (await world.call({ token: admin, tool: 'check_identity' })).code;
  renameSync(journal, `${journal}.away`);
  try {
    // The segment that is open is still there; the next one is not.
    await expect.poll(code, WAIT).toBe('audit_unavailable');
    await Promise.all(
      TOOLS.map(async (tool) => {
        const called = await world.call({ token: admin, tool, args: GOOD[tool]?.[0] });
        expect([tool, called.code]).toEqual([tool, 'audit_unavailable']);
        const { attributes, status } = await callSpan(called);
        expect(attributes).toMatchObject({ tool, 'error.type': 'tool_error', error_code: 'audit_unavailable' });
        expect(status).toEqual({ code: 'STATUS_CODE_ERROR' });
      }),
    );
  } finally {
    renameSync(`${journal}.away`, journal);
  }
  await expect.poll(code, WAIT).toBeUndefined();
});

test('[trace-every-outcome] roles that may not and callers who ask too often have their spans, for every tool', async () => {
  const erik = await world.tokenOf('erik@northwind.example');
  const denied = async () => (await world.call({ token: erik, tool: 'check_identity' })).code === 'access_denied';
  await world.editPolicy((text) => text.replaceAll('west_sales, east_sales, managers', 'west_sales, managers'), denied);
  expect(await refusals(erik, { error_code: 'access_denied', 'caller.role': 'east_sales' })).toEqual(
    TOOLS.map(() => 'access_denied'),
  );
  const limited = async () => (await world.call({ token: admin, tool: 'check_identity' })).code === 'rate_limited';
  // The tools as they were: an edit of them would make the limit wait for the database.
  const limit = (text: string) => text.replace(/callsPerMinutePerCaller: \d+/, 'callsPerMinutePerCaller: 1');
  await world.editPolicy(
    (text) => limit(text).replaceAll('west_sales, managers', 'west_sales, east_sales, managers'),
    limited,
  );
  expect(await refusals(admin, { error_code: 'rate_limited', 'caller.role': 'admin' })).toEqual(
    TOOLS.map(() => 'rate_limited'),
  );
});

/** Calls every tool, and finds the span of each refusal. */
function refusals(token: string, attributes: Readonly<Record<string, string>>): Promise<(string | undefined)[]> {
  return Promise.all(
    TOOLS.map(async (tool) => {
      const called = await world.call({ token, tool, args: GOOD[tool]?.[0] });
      await expectRefusal(called, { tool, 'error.type': 'tool_error', ...attributes });
      return called.code;
    }),
  );
}

test('[metrics-histograms] metrics come by OTLP too, under the names of the conventions, and with no person in a label', async () => {
  const calls = await receiver.until('calls', ({ metrics }) =>
    metrics.findLast(
      ({ name, points }) => name === 'mcp.server.operation.duration' && points.some(({ count }) => count !== '0'),
    ),
  );
  expect(calls).toMatchObject({ unit: 's', service: 'mcp' });
  expect(calls.points[0]?.attributes).toMatchObject({
    'mcp.method.name': 'tools/call',
    'gen_ai.tool.name': expect.any(String),
  });
  for (const service of ['portal', 'mcp', 'audit-worker']) {
    await receiver.until(service, ({ metrics }) =>
      metrics.find((metric) => metric.service === service && metric.name === 'http.server.request.duration'),
    );
  }
  expect(JSON.stringify(receiver.metrics)).not.toMatch(/@contoso|@northwind|auth0\|/);
});

test('[trace-spans] probes and scrapes are no traces', async () => {
  await world.metricsOf('mcp');
  expect(receiver.spans.filter(({ name }) => /livez|readyz|health|metrics/.test(name))).toEqual([]);
});
