import { type IncomingMessage, request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { ENVELOPE, legacyRequest, modernHeaders, modernRequest } from '../mcp/testing/requests.ts';
import { callerOf } from '../testing/call-world.ts';
import { auditDown, startMcpApp, type TestApp, type TestAppOptions } from '../testing/start-mcp-app.ts';

const apps: TestApp[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.stop()));
});

const wanda = callerOf('west_sales');
const supervisor = callerOf('executive', { pattern: 'm2m', human: undefined, agent: { id: 'supervisor' } });
const olivia = callerOf('finance', {
  pattern: 'obo',
  human: {
    issuer: 'http://127.0.0.1:8710/workspace',
    subject: 'olivia',
    email: 'olivia@causeway.example',
    idp: 'workspace',
  },
  principal: { id: 'olivia@causeway.example', role: undefined, groups: [] },
});

const engine = { get_region_summary: () => [{ region: 'WEST', deals: 1, revenue: 2, average_deal: 2 }] };

async function start(options: Partial<TestAppOptions> = {}): Promise<TestApp> {
  const app = await startMcpApp({
    engine,
    tokens: { wanda, narrow: callerOf('west_sales', { scopes: ['genie'] }), supervisor, elena: callerOf('executive') },
    platformTokens: { olivia },
    ...options,
  });
  apps.push(app);
  return app;
}

/** JSON-RPC's answers and those of HTTP, as far as the tests look into them. */
interface Answer {
  readonly error: { readonly code: unknown };
  readonly result: {
    readonly isError?: boolean;
    readonly structuredContent: { readonly error: { readonly code: string } };
    readonly content: readonly [{ readonly text: string }];
    readonly tools: readonly { readonly name: string }[];
    readonly cacheScope: string;
  };
}

interface Sent {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly json: Answer;
}

/** Headers as pairs, so that one can be sent twice. */
async function send(
  url: string,
  headers: readonly (readonly [string, string])[],
  body = '',
  method = 'POST',
): Promise<Sent> {
  const { host } = new URL(url);
  const all = headers.some(([name]) => name === 'host') ? headers : [['host', host] as const, ...headers];
  const request = httpRequest(url, { method, headers: all.flat() as never, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const answer = await text(response);
  const json = (answer.startsWith('{') ? JSON.parse(answer) : {}) as Answer;
  return { status: response.statusCode ?? 0, headers: response.headers, body: answer, json };
}

const call = (tool = 'get_region_summary', args: object = {}) =>
  modernRequest('tools/call', { name: tool, arguments: args }, 7);
const headersOf = (token?: string, tool = 'get_region_summary'): [string, string][] => [
  ...Object.entries(modernHeaders('tools/call', tool)),
  ...(token === undefined ? [] : [['authorization', `Bearer ${token}`] as [string, string]]),
];
const callAs = (app: TestApp, token: string, tool?: string) =>
  send(`${app.url}/mcp`, headersOf(token, tool), JSON.stringify(call(tool)));

test('a call: answered, timed, recorded, logged in one line', async () => {
  const app = await start();
  const headers: [string, string][] = [...headersOf('wanda'), ['x-request-id', 'request-from-outside']];
  const { status, headers: answered, json } = await send(`${app.url}/mcp`, headers, JSON.stringify(call()));
  expect(status).toBe(200);
  expect(json).toMatchObject({ id: 7, result: { structuredContent: { rows: [{ region: 'WEST' }] } } });
  expect(answered['x-request-id']).toBe('request-from-outside');
  expect(
    String(answered['server-timing'])
      .split(', ')
      .map((part) => part.split(';')[0]),
  ).toEqual(['auth', 'decide', 'validate', 'limit', 'exchange', 'run', 'guard', 'audit']);
  expect(app.events).toMatchObject([
    { requestId: 'request-from-outside', outcome: { status: 'success' }, clientId: 'client' },
  ]);
  expect(app.refused).toEqual([]);
  const [line] = app.lines();
  expect(line).toMatchObject({
    route: '/mcp',
    tool: 'get_region_summary',
    outcome: 'success',
    request_id: 'request-from-outside',
  });
  expect(JSON.stringify(line)).not.toContain('Bearer');
});

describe('who proves nothing gets a challenge, and a record', () => {
  test('no token: no error code', async () => {
    const app = await start();
    const { status, headers, json } = await send(`${app.url}/mcp`, headersOf(), JSON.stringify(call()));
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe(
      `Bearer scope="sql genie", resource_metadata="${app.url}/.well-known/oauth-protected-resource/mcp"`,
    );
    expect(json.error.code).toBe('invalid_token');
    expect(app.refused).toMatchObject([
      { kind: 'request_refused', caller: undefined, outcome: { errorCode: 'invalid_token' } },
    ]);
    expect(app.events).toEqual([]);
  });

  test.each(['forged', 'a.b.c'])('a bad token: %s', async (token) => {
    const app = await start();
    const { status, headers } = await callAs(app, token);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toContain('error="invalid_token"');
    expect(app.refused).toMatchObject([{ outcome: { reason: 'bearer: signature_invalid' } }]);
  });

  test.each(['Basic d2FuZGE6eA==', 'Bearer', 'Bearer wanda extra', 'wanda', 'Bearer wan da'])(
    'another scheme: %s',
    async (value) => {
      const app = await start();
      const headers: [string, string][] = [...headersOf(), ['authorization', value]];
      expect((await send(`${app.url}/mcp`, headers, JSON.stringify(call()))).status).toBe(401);
    },
  );

  test('two Authorization headers are an ambiguity', async () => {
    const app = await start();
    const headers: [string, string][] = [...headersOf('wanda'), ['authorization', 'Bearer elena']];
    expect((await send(`${app.url}/mcp`, headers, JSON.stringify(call()))).status).toBe(400);
    expect(app.refused).toHaveLength(1);
  });

  test('a token in the URL is refused, good or not', async () => {
    const app = await start();
    const { status } = await send(`${app.url}/mcp?access_token=wanda`, headersOf('wanda'), JSON.stringify(call()));
    expect(status).toBe(400);
    expect(app.events).toEqual([]);
  });

  test('while the portal’s keys cannot be had: 503 and when to come back', async () => {
    const { status, headers } = await callAs(await start(), 'keys.are.down');
    expect([status, headers['retry-after']]).toEqual([503, '5']);
  });
});

test('a scope that the token lacks is 403 with the scope to ask for, recorded once', async () => {
  const app = await start();
  const { status, headers } = await callAs(app, 'narrow');
  expect(status).toBe(403);
  expect(headers['www-authenticate']).toBe(
    `Bearer error="insufficient_scope", scope="sql", resource_metadata="${app.url}/.well-known/oauth-protected-resource/mcp"`,
  );
  expect(app.events).toMatchObject([{ outcome: { errorCode: 'insufficient_scope' } }]);
  expect(app.refused).toEqual([]);
});

test('a tool that the role may not call is an answer: 200, isError, access_denied with the request id', async () => {
  const app = await start();
  const { status, headers, json } = await callAs(app, 'wanda', 'query_audit_log');
  expect(status).toBe(200);
  expect(json.result.isError).toBe(true);
  expect(json.result.structuredContent).toEqual({
    error: { code: 'access_denied', message: 'You may not do this.', request_id: headers['x-request-id'] },
  });
  expect(JSON.parse(json.result.content[0].text)).toEqual(json.result.structuredContent);
});

describe('what never reaches a tool is recorded all the same', () => {
  test.each([
    ['an unknown tool', headersOf('wanda', 'nope'), JSON.stringify(call('nope')), 200, -32602],
    [
      'a name that is no text',
      headersOf('wanda', '5'),
      JSON.stringify(modernRequest('tools/call', { name: 5 })),
      200,
      -32602,
    ],
    ['half a body', headersOf('wanda'), '{', 400, -32700],
    ['headers that disagree', headersOf('wanda', 'other'), JSON.stringify(call()), 400, -32020],
    [
      'an unknown method',
      [...Object.entries(modernHeaders('foo')), ['authorization', 'Bearer wanda']] as [string, string][],
      JSON.stringify(modernRequest('foo')),
      404,
      -32601,
    ],
  ])('%s', async (_, headers, body, status, code) => {
    const app = await start();
    const answer = await send(`${app.url}/mcp`, headers, body);
    expect([answer.status, answer.json.error.code]).toEqual([status, code]);
    expect(app.refused).toMatchObject([
      { kind: 'request_refused', caller: wanda, outcome: { reason: `JSON-RPC ${code}` } },
    ]);
    expect(app.events).toEqual([]);
  });
});

test.each(['https://evil.example', 'null', 'http://127.0.0.1:1'])('a foreign Origin is 403: %s', async (origin) => {
  const app = await start();
  const headers: [string, string][] = [...headersOf('wanda'), ['origin', origin]];
  expect((await send(`${app.url}/mcp`, headers, JSON.stringify(call()))).status).toBe(403);
  expect(app.events).toEqual([]);
  expect(app.refused).toMatchObject([{ outcome: { reason: 'a foreign Origin' } }]);
});

test('our own Origin passes', async () => {
  const app = await start();
  const headers: [string, string][] = [...headersOf('wanda'), ['origin', app.url]];
  expect((await send(`${app.url}/mcp`, headers, JSON.stringify(call()))).status).toBe(200);
});

test('a foreign Host is 421', async () => {
  const app = await start();
  const headers: [string, string][] = [['host', 'evil.example'], ...headersOf('wanda')];
  expect((await send(`${app.url}/mcp`, headers, JSON.stringify(call()))).status).toBe(421);
});

test.each(['GET', 'DELETE', 'PUT', 'OPTIONS'])('%s is 405', async (method) => {
  const app = await start();
  const { status, headers } = await send(`${app.url}/mcp`, headersOf('wanda'), '', method);
  expect([status, headers['allow']]).toEqual([405, 'POST']);
});

test('a body of more than 1 MiB is refused', async () => {
  const app = await start();
  const body = JSON.stringify(call('get_region_summary', { region: 'x'.repeat(1024 * 1024) }));
  const headers: [string, string][] = [...headersOf('wanda'), ['content-length', String(body.length)]];
  expect((await send(`${app.url}/mcp`, headers, body)).status).toBe(413);
});

test.each(['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'])(
  '%s names the portal',
  async (path) => {
    const app = await start();
    const { status, json } = await send(`${app.url}${path}`, [], '', 'GET');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      resource: 'http://127.0.0.1:8701/mcp',
      authorization_servers: ['http://127.0.0.1:8700'],
    });
  },
);

test('with the audit down nothing is answered, and nothing is refused without a record', async () => {
  const app = await start({ audit: auditDown });
  const { json } = await callAs(app, 'wanda');
  expect(json.result.structuredContent.error.code).toBe('audit_unavailable');
});

describe('the on-behalf-of header', () => {
  const forwarded = (token: string): [string, string] => ['x-forwarded-access-token', token];
  const obo = (app: TestApp, headers: [string, string][]) => send(`${app.oboUrl}/mcp`, headers, JSON.stringify(call()));

  test('is read on its own listener', async () => {
    const app = await start();
    expect((await obo(app, [...headersOf(), forwarded('olivia')])).status).toBe(200);
    expect(app.events).toMatchObject([{ caller: { pattern: 'obo', principal: { id: 'olivia@causeway.example' } } }]);
  });

  test.each([['olivia'], ['forged']])('on the main port it is 400, always: %s', async (token) => {
    const app = await start();
    const { status } = await send(`${app.url}/mcp`, [...headersOf('wanda'), forwarded(token)], JSON.stringify(call()));
    expect(status).toBe(400);
    expect(app.events).toEqual([]);
  });

  test('a bad token is 401', async () => {
    expect((await obo(await start(), [...headersOf(), forwarded('forged')])).status).toBe(401);
  });

  test('none is 401, whatever Authorization says', async () => {
    expect((await obo(await start(), headersOf('wanda'))).status).toBe(401);
  });

  test('two are 400', async () => {
    expect((await obo(await start(), [...headersOf(), forwarded('olivia'), forwarded('olivia')])).status).toBe(400);
  });

  test('is read from no peer but a trusted proxy, whatever X-Forwarded-For says', async () => {
    const app = await start({ trustedProxies: '10.0.0.0/8' });
    const headers: [string, string][] = [...headersOf(), forwarded('olivia'), ['x-forwarded-for', '10.0.0.1']];
    expect((await obo(app, headers)).status).toBe(403);
    expect(app.events).toEqual([]);
  });

  test('the platform is shown the token that proved the caller: the human’s own, also where an agent works for them', async () => {
    const app = await start();
    await obo(app, [...headersOf(), forwarded('olivia')]);
    await obo(app, [...headersOf('supervisor'), forwarded('olivia')]);
    await send(`${app.url}/mcp`, headersOf('wanda'), JSON.stringify(call()));
    expect(app.openedWith.map(({ credential }) => credential?.reveal())).toEqual(['olivia', 'olivia', 'wanda']);
  });

  test('an agent’s token that the policy takes back is worth nothing beside it', async () => {
    const app = await start({
      tokens: { supervisor: { ...supervisor, tokenId: 'of-the-agent' } },
      policy: (policy) => ({ ...policy, revoked: { ...policy.revoked, tokens: ['of-the-agent'] } }),
    });
    expect((await obo(app, [...headersOf('supervisor'), forwarded('olivia')])).status).toBe(401);
    expect((await obo(app, [...headersOf(), forwarded('olivia')])).status).toBe(200);
  });

  test('beside it an agent may prove itself, and nobody else', async () => {
    const app = await start();
    expect((await obo(app, [...headersOf('supervisor'), forwarded('olivia')])).status).toBe(200);
    expect(app.events).toMatchObject([
      { caller: { pattern: 'obo', agent: { id: 'supervisor' }, human: { subject: 'olivia' } } },
    ]);
    expect((await obo(app, [...headersOf('wanda'), forwarded('olivia')])).status).toBe(401);
    expect((await obo(app, [...headersOf('forged'), forwarded('olivia')])).status).toBe(401);
  });
});

test('the list follows the role and not the scope, in the same order for everybody', async () => {
  const app = await start();
  const listAs = async (token: string) => {
    const headers: [string, string][] = [
      ...Object.entries(modernHeaders('tools/list')),
      ['authorization', `Bearer ${token}`],
    ];
    const { json } = await send(`${app.url}/mcp`, headers, JSON.stringify(modernRequest('tools/list')));
    return {
      names: json.result.tools.map(({ name }) => name),
      scope: json.result.cacheScope,
    };
  };
  const [west, narrow, executive] = [await listAs('wanda'), await listAs('narrow'), await listAs('elena')];
  expect(west.names).toEqual([
    'check_identity',
    'get_region_summary',
    'query_sales_data',
    'genie_query',
    'query_knowledge_base',
  ]);
  expect(narrow).toEqual(west);
  expect(executive.names).toHaveLength(9);
  expect(executive.names.filter((name) => west.names.includes(name))).toEqual(west.names);
  expect(west.scope).toBe('private');
});

test('a batch of an older client is refused as a whole when one call of it needs another token', async () => {
  const app = await start();
  const batch = [
    legacyRequest('ping', undefined, 1),
    legacyRequest('tools/call', { name: 'get_region_summary', arguments: {} }, 2),
  ];
  const headers: [string, string][] = [
    ['content-type', 'application/json'],
    ['accept', 'application/json, text/event-stream'],
    ['authorization', 'Bearer narrow'],
  ];
  expect((await send(`${app.url}/mcp`, headers, JSON.stringify(batch))).status).toBe(403);
});

test('a client that hangs up ends its call', async () => {
  const reached = Promise.withResolvers<void>();
  const engineWaits = { get_region_summary: () => (reached.resolve(), new Promise<never>(() => undefined)) };
  const app = await start({ engine: engineWaits });
  const client = new AbortController();
  const body = JSON.stringify({ ...call(), params: { ...call().params, _meta: ENVELOPE } });
  const calling = fetch(`${app.url}/mcp`, {
    method: 'POST',
    headers: Object.fromEntries(headersOf('wanda')),
    body,
    signal: client.signal,
  });
  await reached.promise;
  client.abort();
  await expect(calling).rejects.toThrow(/abort/i);
  await expect.poll(() => app.events).toMatchObject([{ outcome: { status: 'error', errorCode: 'upstream_timeout' } }]);
});
