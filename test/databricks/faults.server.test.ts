import { setTimeout as delay } from 'node:timers/promises';
import { AppError, type ErrorCode, Secret } from '@causeway/core';
import type { DatabricksPlatformOptions, PlatformSession, QueryOptions } from '@causeway/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type DatabricksWorld, startDatabricksWorld } from './databricks-world.ts';
import { type OutsideApi, startOutsideApi } from './outside-api.ts';
import type { Effect, Fault } from './src/http/faults.ts';

let world: DatabricksWorld;
let outside: OutsideApi;
beforeAll(async () => {
  outside = await startOutsideApi();
  world = await startDatabricksWorld({ findConnection: async () => ({ baseUrl: outside.url }), waitMaxMs: 100 });
});
afterAll(async () => {
  await world?.stop();
  await outside?.stop();
});

const STATEMENTS = 'POST /api/2.0/sql/statements';
const POLL = 'GET /api/2.0/sql/statements/{id}';
const CANCEL = 'POST /api/2.0/sql/statements/{id}/cancel';
const TOKEN = 'POST /oidc/v1/token';
const START = 'POST /api/2.0/genie/spaces/{space}/start-conversation';
const MESSAGE = 'GET /api/2.0/genie/spaces/{space}/conversations/{conversation}/messages/{message}';
const AGAIN = `POST ${MESSAGE.slice('GET '.length)}/attachments/{attachment}/execute-query`;
const SEARCH = 'POST /api/2.0/vector-search/indexes/{index}/query';
const SERVING = 'POST /serving-endpoints/{name}/invocations';
const PROXY = 'ANY /api/2.0/unity-catalog/connections/{connection}/proxy/{path*}';

/** Text that stands in an answer of the workspace, and must not get to a caller. */
const CANARY = 'canary-8f2c1e';

const emulator = () => world.workspace.emulator;
const arm = (fault: Fault) => emulator().faults.add(fault);
const asked = (on: string) => emulator().requests.filter((request) => request.on === on).length;
const ran = (word: string) => emulator().history.filter(({ text }) => text.includes(word)).length;

/** The adapter's own pauses are seconds. */
const briefly = (ms: number, signal?: AbortSignal) => delay(ms / 50, undefined, signal === undefined ? {} : { signal });

/** A platform of its own, because one test's failures must not open the breaker of the next, for a session that is open already. */
async function open(options: Partial<DatabricksPlatformOptions> = {}, name = 'admin'): Promise<PlatformSession> {
  const platform = await world.connect({ sleep: briefly, ...options });
  const caller = world.people.find((one) => one.name === name)!.caller;
  const session = await platform.open(caller, { requestId: 'r1' });
  emulator().requests.length = 0;
  return session;
}
let session: PlatformSession;
beforeEach(async () => {
  outside.received.length = 0;
  session = await open();
});
afterEach(() => emulator().faults.clear());

const run = (text: string, options?: QueryOptions, on = session) =>
  on.query({ name: 'fault', text, values: [], row: z.record(z.string(), z.unknown()) }, options);

/** How it failed. What the person reads must be free of the workspace's own words. */
async function failure(answer: Promise<unknown>): Promise<AppError> {
  const error = await answer.then(
    () => new Error('it was answered'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw error;
  expect(`${error.publicMessage} ${error.safeDetail ?? ''}`).not.toContain(CANARY);
  return error;
}

const reply = (status: number, body: unknown, headers: Record<string, string> = {}): Effect => ({
  kind: 'answer',
  answer: { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) },
});
const THROTTLE = { error_code: 'REQUEST_LIMIT_EXCEEDED', message: `Too many requests. ${CANARY}` };
const DOWN = { error_code: 'TEMPORARILY_UNAVAILABLE', message: `Please try again. ${CANARY}` };
const QUOTA = { error_code: 'RESOURCE_EXHAUSTED', message: 'The account exceeds the limit of 2000 statements.' };
const PAGE = `<html><head><title>502 Bad Gateway ${CANARY}</title></head></html>`;

describe('SQL', () => {
  const passing: readonly (readonly [what: string, effect: Effect])[] = [
    ['a throttle that says how long', reply(429, THROTTLE, { 'retry-after': '1' })],
    ['a throttle that does not', reply(429, THROTTLE)],
    ['an outage', reply(503, DOWN)],
    ['a broken gateway in front', reply(502, PAGE, { 'content-type': 'text/html' })],
  ];

  test.each(passing)('%s passes, and the statement has run once', async (_, effect) => {
    arm({ on: STATEMENTS, effect });
    const before = ran('passing_1');
    expect(await run('SELECT 1 AS passing_1')).toEqual([{ passing_1: 1 }]);
    expect([asked(STATEMENTS), ran('passing_1') - before]).toEqual([2, 1]);
  });

  test('an answer that breaks off is asked for again: a SELECT may run twice', async () => {
    for (const kind of ['truncated', 'reset'] as const) {
      arm({ on: STATEMENTS, effect: { kind } });
      expect(await run(`SELECT '${kind}' AS broken`)).toEqual([{ broken: kind }]);
      expect(ran(`'${kind}'`)).toBe(2);
    }
  });

  const lasting: readonly (readonly [what: string, effect: Effect, code: ErrorCode, requests: number])[] = [
    ['a throttle', reply(429, THROTTLE, { 'retry-after': '1' }), 'rate_limited', 3],
    ['an outage', reply(503, DOWN), 'upstream_unavailable', 3],
    ['a page instead of an answer', reply(502, PAGE), 'upstream_unavailable', 3],
    ['a page that calls itself well', reply(200, PAGE), 'upstream_unavailable', 1],
    ['an answer of another kind', reply(200, { hello: CANARY }), 'upstream_unavailable', 1],
    ['a used-up quota', reply(429, QUOTA), 'rate_limited', 1],
    ['a broken answer', { kind: 'truncated' }, 'upstream_unavailable', 3],
  ];

  test.each(lasting)('%s that stays is an error after so many requests', async (_, effect, code, requests) => {
    arm({ on: STATEMENTS, effect, times: 10 });
    const error = await failure(run('SELECT 1 AS one'));
    expect([error.code, asked(STATEMENTS)]).toEqual([code, requests]);
  });

  test('a used-up quota names no time after which to try again', async () => {
    arm({ on: STATEMENTS, effect: reply(429, QUOTA) });
    expect((await failure(run('SELECT 1 AS one'))).retryAfterMs).toBeUndefined();
  });

  test.each([
    ['standard', { error_code: 'PERMISSION_DENIED', message: `No right to the warehouse ${CANARY}`, details: [] }],
    ['with a number as code', { error_code: 403, message: CANARY }],
    ['of API 1.2', { error: CANARY }],
    ['of SCIM', { detail: CANARY, status: '403', scimType: 'sensitive' }],
    ['plain text', `PERMISSION_DENIED: ${CANARY}`],
    ['HTML', `<html><pre>${CANARY}</pre></html>`],
    ['empty', ''],
  ])('a refusal in the form %s is access_denied, asked once', async (_, body) => {
    arm({ on: STATEMENTS, effect: reply(403, body) });
    expect([(await failure(run('SELECT 1 AS one'))).code, asked(STATEMENTS)]).toEqual(['access_denied', 1]);
  });

  test('a missing scope is access_denied, and the reason says which', async () => {
    const message = 'Provided OAuth token does not have required scopes: sql';
    arm({ on: STATEMENTS, effect: reply(403, { error_code: 'PERMISSION_DENIED', message }) });
    expect(await failure(run('SELECT 1 AS one'))).toMatchObject({
      code: 'access_denied',
      message: expect.stringContaining('required scopes: sql'),
    });
  });

  test('what the engine denies is access_denied, and the reason says what', async () => {
    const error = await failure(run('SELECT * FROM lakehouse.sales_base.deals'));
    expect(error).toMatchObject({
      code: 'access_denied',
      message: expect.stringContaining('INSUFFICIENT_PERMISSIONS'),
    });
  });

  test('a value that the engine quotes in its error gets nowhere, also not to the log', async () => {
    const error = await failure(run(`SELECT CAST('${CANARY}' AS INT) AS n`));
    expect([error.code, error.message.includes(CANARY)]).toEqual(['invalid_request', false]);
  });

  test('a token that ends is replaced once, and the statement runs once', async () => {
    arm({ on: STATEMENTS, effect: { kind: 'token_expired' } });
    expect(await run('SELECT 1 AS renewed')).toEqual([{ renewed: 1 }]);
    expect([asked(STATEMENTS), asked(TOKEN), ran('renewed')]).toEqual([2, 1, 1]);
  });

  test('a workspace that takes no token at all is not asked for ever', async () => {
    arm({ on: STATEMENTS, effect: { kind: 'token_expired' }, times: 10 });
    expect([(await failure(run('SELECT 1 AS one'))).code, asked(STATEMENTS)]).toEqual(['exchange_denied', 2]);
  });

  test('a long statement survives a token that ends, an outage and a throttle while it is polled, and runs once', async () => {
    for (const effect of [{ kind: 'token_expired' } as const, reply(503, DOWN), reply(429, THROTTLE)])
      arm({ on: POLL, effect });
    expect(await run('SELECT pg_sleep(1)::text AS s, 1 AS long_one')).toEqual([{ s: '', long_one: 1 }]);
    expect([asked(STATEMENTS), ran('long_one'), asked(TOKEN)]).toEqual([1, 1, 1]);
  });

  test('a statement that never ends is ended with its deadline, here and in the warehouse', async () => {
    arm({ on: STATEMENTS, effect: { kind: 'never_ends' } });
    expect((await failure(run('SELECT 1 AS one', { timeoutMs: 300 }))).code).toBe('upstream_timeout');
    await expect.poll(() => asked(CANCEL), { timeout: 20_000 }).toBe(1);
  });

  test('whoever gives up ends their statement, and is told their own reason', async () => {
    arm({ on: STATEMENTS, effect: { kind: 'never_ends' } });
    const abort = new AbortController();
    const answer = run('SELECT 1 AS one', { signal: abort.signal });
    await expect.poll(() => asked(STATEMENTS)).toBe(1);
    abort.abort(new AppError('rate_limited', 'the caller’s own reason'));
    expect((await failure(answer)).code).toBe('rate_limited');
    await expect.poll(() => asked(CANCEL), { timeout: 20_000 }).toBe(1);
  });

  test('silence and slowness end with the deadline', async () => {
    for (const effect of [{ kind: 'silence' }, { kind: 'slow', ms: 60_000 }] as const) {
      arm({ on: STATEMENTS, effect });
      expect((await failure(run('SELECT 1 AS one', { timeoutMs: 300 }))).code).toBe('upstream_timeout');
    }
  });
});

describe('the token endpoint', () => {
  const openNew = () => open();

  test('an outage passes', async () => {
    arm({ on: TOKEN, effect: reply(503, DOWN) });
    arm({ on: TOKEN, effect: { kind: 'reset' } });
    expect(await run('SELECT 1 AS one', {}, await openNew())).toEqual([{ one: 1 }]);
  });

  test.each([
    [400, { error: 'invalid_grant', error_description: 'the audience is wrong' }],
    [401, { error: 'invalid_grant', error_description: 'the signature is wrong' }],
    [403, { error: 'access_denied', error_description: 'OIDC policy validation failed' }],
    [401, { errorCode: 'E0000015', errorSummary: 'not allowed' }],
    [401, 'Invalid credentials.'],
    [403, PAGE],
  ])('a refusal is exchange_denied, with its reason: %s %j', async (status, body) => {
    arm({ on: TOKEN, effect: reply(status, body) });
    const error = await failure(openNew());
    expect([error.code, error.message]).toEqual(['exchange_denied', expect.stringContaining(`answered ${status}`)]);
    expect(error.message).not.toMatch(/eyJ|emulated\./);
  });

  test.each([
    ['an outage that stays', reply(503, DOWN), 'upstream_unavailable'],
    ['a page', reply(200, PAGE), 'upstream_unavailable'],
    ['an answer without a token', reply(200, { token_type: 'Bearer', expires_in: 600 }), 'upstream_unavailable'],
    [
      'a token that is over already',
      reply(200, { access_token: 'x', token_type: 'Bearer', expires_in: 5 }),
      'exchange_denied',
    ],
  ] as const)('%s gives no session', async (_, effect, code) => {
    arm({ on: TOKEN, effect, times: 10 });
    expect((await failure(openNew())).code).toBe(code);
  });

  test('the portal’s word for another principal is refused by the workspace', async () => {
    const { portal, emulator: workspace } = world.workspace;
    const east = world.people.find(({ name }) => name === 'east_sales')!.caller.principal.id;
    const claims = portal.claims({ sub: east, aud: `${workspace.url}/oidc/v1/token` });
    const assert = async () => ({ token: new Secret(portal.token(claims)), expiresAt: Date.now() + 600_000 });
    expect((await failure(open({ assert }, 'west_sales'))).code).toBe('exchange_denied');
  });
});

describe('Genie', () => {
  const QUESTION = { text: 'revenue by region' };

  test.each([
    ['a throttle that says how long', reply(429, THROTTLE, { 'retry-after': '7' }), 'rate_limited', 7000],
    [
      'a throttle that does not',
      reply(429, { error_code: 'RESOURCE_EXHAUSTED', message: CANARY }),
      'rate_limited',
      expect.any(Number),
    ],
    ['an outage', reply(503, DOWN), 'upstream_unavailable', undefined],
    ['an answer that breaks off', { kind: 'truncated' }, 'upstream_unavailable', undefined],
    ['a connection that breaks', { kind: 'reset' }, 'upstream_unavailable', undefined],
    [
      'a space that is not theirs',
      reply(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: CANARY }),
      'access_denied',
      undefined,
    ],
  ] as const)('%s at the question: it is asked once', async (_, effect, code, retryAfterMs) => {
    arm({ on: START, effect, times: 5 });
    const error = await failure(session.ask(QUESTION));
    expect([error.code, error.retryAfterMs, asked(START)]).toEqual([code, retryAfterMs, 1]);
  });

  test('an outage and a broken answer while it is looked for pass, and the question is asked once', async () => {
    arm({ on: MESSAGE, effect: reply(503, DOWN), times: 3 });
    arm({ on: MESSAGE, effect: { kind: 'truncated' } });
    expect((await session.ask(QUESTION)).status).toBe('completed');
    expect(asked(START)).toBe(1);
  });

  const FAILURES: readonly (readonly [type: string, text: string, code: ErrorCode])[] = [
    ['RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION', CANARY, 'rate_limited'],
    ['RETRYABLE_PROCESSING_EXCEPTION', CANARY, 'upstream_unavailable'],
    ['WAREHOUSE_ACCESS_MISSING_EXCEPTION', CANARY, 'access_denied'],
    ['SQL_EXECUTION_EXCEPTION', `[INSUFFICIENT_PERMISSIONS] ${CANARY} SQLSTATE: 42501`, 'access_denied'],
    ['SQL_EXECUTION_EXCEPTION', CANARY, 'upstream_rejected'],
    ['CONTENT_FILTER_EXCEPTION', CANARY, 'upstream_rejected'],
    ['SOMETHING_OF_NEXT_YEAR', CANARY, 'upstream_rejected'],
  ];

  test('each way to fail has its code, and nothing of its text comes out', async () => {
    for (const [errorType, error] of FAILURES)
      arm({ on: START, effect: { kind: 'genie', outcome: { status: 'FAILED', errorType, error } } });
    const errors = await Promise.all(FAILURES.map(() => failure(session.ask(QUESTION))));
    expect(errors.map(({ code }) => code).toSorted()).toEqual(FAILURES.map(([, , code]) => code).toSorted());
    expect(errors.filter(({ message }) => message.includes(CANARY))).toEqual([]);
    expect(asked(START)).toBe(FAILURES.length);
  });

  test('a message that somebody cancelled is an outage', async () => {
    arm({ on: START, effect: { kind: 'genie', outcome: { status: 'CANCELLED', errorType: 'X', error: CANARY } } });
    expect((await failure(session.ask(QUESTION))).code).toBe('upstream_unavailable');
  });

  test('an answer whose rows have expired is computed again, and is no second question', async () => {
    arm({ on: START, effect: { kind: 'genie', outcome: { status: 'QUERY_RESULT_EXPIRED' } } });
    expect((await session.ask(QUESTION)).rows).toHaveLength(4);
    expect([asked(START), asked(AGAIN)]).toEqual([1, 1]);
  });

  test('a question that stays where it is ends with its deadline, and so does its statement', async () => {
    for (const at of ['EXECUTING_QUERY', 'A_STATUS_OF_NEXT_YEAR']) {
      arm({ on: START, effect: { kind: 'genie', outcome: { status: 'stuck', at } } });
      expect((await failure(session.ask(QUESTION, { timeoutMs: 2500 }))).code).toBe('upstream_timeout');
    }
    await expect.poll(() => asked(CANCEL)).toBe(1);
    expect(asked(START)).toBe(2);
  });
});

describe('document search', () => {
  const columns = { document_id: 'id', title: 'title', body: 'body', source: 'source' };
  const search = { dataset: { relation: 'knowledge.documents', columns }, query: 'discount', limit: 3 };

  test('what may pass passes: to search again changes nothing', async () => {
    arm({ on: SEARCH, effect: reply(503, DOWN) });
    arm({ on: SEARCH, effect: { kind: 'truncated' } });
    expect((await session.searchDocuments(search)).length).toBeGreaterThan(0);
  });

  test('what stays is an outage', async () => {
    arm({ on: SEARCH, effect: reply(503, DOWN), times: 10 });
    expect((await failure(session.searchDocuments(search))).code).toBe('upstream_unavailable');
  });
});

describe('the supervisor', () => {
  test.each([
    ['an outage', reply(503, DOWN), 'upstream_unavailable'],
    ['a throttle', reply(429, THROTTLE), 'rate_limited'],
    ['a stream that breaks off', { kind: 'truncated' }, 'upstream_unavailable'],
    [
      'a stream without an end',
      reply(200, 'data: {"type":"response.output_text.delta","delta":"half"}\n\n', {
        'content-type': 'text/event-stream',
      }),
      'upstream_unavailable',
    ],
    [
      'a failure in the stream',
      reply(200, `data: {"error":"${CANARY}"}\n\n`, { 'content-type': 'text/event-stream' }),
      'upstream_unavailable',
    ],
    [
      'no endpoint for this principal',
      reply(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: CANARY }),
      'access_denied',
    ],
  ] as const)('%s: its tools may write, so it is asked once', async (_, effect, code) => {
    arm({ on: SERVING, effect, times: 5 });
    const error = await failure(session.askSupervisor({ text: 'revenue by region' }));
    expect([error.code, asked(SERVING)]).toEqual([code, 1]);
  });

  test('whoever asks it what takes too long takes the workspace from nobody', async () => {
    arm({ on: SERVING, effect: { kind: 'silence' }, times: 6 });
    const asks = Array.from({ length: 6 }, () => session.askSupervisor({ text: 'all of it' }, { timeoutMs: 4000 }));
    const errors = await Promise.all(asks.map(failure));
    expect(errors.map(({ code }) => code)).toEqual(asks.map(() => 'upstream_timeout'));
    expect(await run('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('connections', () => {
  const order = async (on = session) => {
    const api = await on.connection('orders');
    if (api === 'granted') throw new Error('the workspace reaches it itself');
    return api.request({ method: 'POST', path: '/orders', body: { n: 1 } });
  };

  test.each([
    ['an outage of the workspace', reply(503, DOWN), 0],
    ['a connection that breaks after the work', { kind: 'reset' }, 1],
    ['an answer that breaks off', { kind: 'truncated' }, 1],
  ] as const)('%s: an order is never placed twice', async (_, effect, orders) => {
    arm({ on: PROXY, effect });
    expect((await failure(order())).code).toBe('upstream_unavailable');
    expect([asked(PROXY), outside.received.length]).toEqual([1, orders]);
  });

  test('nor by http_request(), although a SELECT carries it', async () => {
    const sql = await open({ connections: 'http_request' });
    for (const kind of ['reset', 'truncated'] as const) {
      arm({ on: STATEMENTS, effect: { kind } });
      expect((await failure(order(sql))).code).toBe('upstream_unavailable');
    }
    expect([asked(STATEMENTS), outside.received.length]).toEqual([2, 2]);
  });
});
