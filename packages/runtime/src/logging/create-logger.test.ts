import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { AppError, type Caller, Secret } from '@causeway/core';
import { expect, test } from 'vitest';
import { createLogger } from './create-logger.ts';
import { logRequest, outcomeOf, type RequestLine } from './log-request.ts';

const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ3YW5kYSJ9.c2lnbmF0dXJl';

function capture() {
  const lines: string[] = [];
  const logger = createLogger({ service: 'demo', level: 'info', destination: { write: (line) => lines.push(line) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

test('a line is JSON with level, time, service and the fields', () => {
  const { logger, last } = capture();
  logger.info('listening', { port: 8701 });
  expect(last()).toEqual({ level: 'info', time: expect.any(String), service: 'demo', port: 8701, msg: 'listening' });
});

test('lines below the level are not written', () => {
  const { logger, lines } = capture();
  logger.debug('x');
  expect(lines).toEqual([]);
});

test.each([
  'authorization',
  'Authorization',
  'cookie',
  'set-cookie',
  'x-forwarded-access-token',
  'access_token',
  'refreshToken',
  'subject_token',
  'password',
  'client_secret',
  'assertion',
  'client_assertion',
  'code',
  'code_verifier',
  'apiKey',
  'private_key',
])('a field named %s is blanked, however deep, in child loggers too', (key) => {
  const { logger, lines } = capture();
  logger.info('a', { [key]: 'hunter2' });
  logger.info('b', { request: { headers: [{ [key]: ['hunter2'] }] } });
  logger.child({ [key]: 'hunter2', inner: { [key]: 'hunter2' } }).info('c');
  expect(lines).toHaveLength(3);
  expect(lines.join('')).not.toContain('hunter2');
});

test('an object that would write itself out otherwise is written by what it holds', () => {
  const { logger, last } = capture();
  class Session {
    readonly user = 'wanda';
    readonly #pin = 'hunter2';
    toJSON() {
      return this.#pin;
    }
  }
  logger.info('a', { session: new Session(), bare: Object.assign(Object.create(null) as object, { password: 'x' }) });
  expect(last()).toMatchObject({ session: { user: 'wanda' }, bare: { password: '[redacted]' } });
  logger.info('b', { own: { user: 'wanda', toJSON: () => 'hunter2' } });
  expect(last()).toMatchObject({ own: { user: 'wanda' } });
});

test('fields with harmless names stay', () => {
  const { logger, last } = capture();
  logger.info('a', { token_id: 'x1', error_code: 'internal', codes: 3, secrets_read: 2 });
  expect(last()).toMatchObject({ token_id: 'x1', error_code: 'internal', codes: 3, secrets_read: 2 });
});

test.each([
  ['a JWT', JWT],
  ['a bearer credential', 'Bearer abcdefgh12345678'],
  ['a connection string', 'postgres://gateway:abcdefgh12345678@db.example/x'],
])('%s is blanked by its form, in fields and in the text', (_, text) => {
  const { logger, lines } = capture();
  logger.info(`text ${text}`, { detail: `seen ${text}!`, list: [text] });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/abcdefgh12345678|c2lnbmF0dXJl/);
  expect(() => JSON.parse(lines[0] ?? '') as unknown).not.toThrow();
});

test('a Secret shows itself as [secret]', () => {
  const { logger, last } = capture();
  logger.info('a', { key: new Secret('hunter2'), keys: [new Secret('hunter2')] });
  expect(last()).toMatchObject({ key: '[secret]', keys: ['[secret]'] });
});

test('an AppError is logged with code, message and stack; of its cause there is no text', () => {
  const { logger, lines, last } = capture();
  const cause = Object.assign(new Error('row (42, hunter2)\n    at hunter2'), { code: '22P02', detail: 'hunter2' });
  logger.error('failed', { error: new AppError('upstream_rejected', 'the engine refused', { cause }) });
  expect(last()['error']).toMatchObject({
    type: 'AppError',
    code: 'upstream_rejected',
    message: 'the engine refused',
    stack: expect.arrayContaining([expect.stringContaining('create-logger.test.ts')]),
    cause: { type: 'Error', code: '22P02', stack: expect.any(Array) },
  });
  expect(lines.join('')).not.toContain('hunter2');
});

test('what Redis answers is logged by its code alone', () => {
  const { logger, lines, last } = capture();
  const answer = (message: string) =>
    Object.assign(new Error(message), { name: 'ReplyError', command: { args: ['hunter2'] } });
  for (const code of ['WRONGPASS', 'NOPERM', 'MISCONF', 'ERR']) {
    logger.warn('no', { error: answer(`${code} hunter2 has no permissions`) });
    expect(last()['error']).toEqual({ type: 'ReplyError', code, stack: expect.any(Array) });
  }
  logger.warn('no', { error: answer('hunter2 is no code') });
  expect(last()['error']).toEqual({ type: 'ReplyError', stack: expect.any(Array) });
  expect(lines.join('')).not.toContain('hunter2');
});

test('a chain of causes ends, and so does a cycle', () => {
  const { logger, lines } = capture();
  const error = new Error('x');
  error.cause = error;
  const fields: Record<string, unknown> = { error };
  fields['self'] = fields;
  logger.error('failed', fields);
  expect(lines).toHaveLength(1);
});

const script = (end: string) => `
  import { createLogger } from ${JSON.stringify(new URL('create-logger.ts', import.meta.url).href)};
  const logger = createLogger({ service: 'demo', level: 'info' });
  setImmediate(() => { logger.info('one'); ${end} });`;

test('what is buffered is written when the process exits, and at once on fatal', () => {
  const run = (end: string) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script(end)], { encoding: 'utf8' }).stdout;
  expect(run('process.exit(0)')).toContain('"msg":"one"');
  expect(run('logger.fatal("two"); process.kill(process.pid, "SIGKILL")')).toContain('"msg":"two"');
});

test('a quiet process does not keep its lines to itself', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script('setInterval(() => {}, 60_000);')]);
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGKILL');
  expect(chunk.toString()).toContain('"msg":"one"');
});

const caller: Caller = {
  pattern: 'federation',
  human: { idp: 'northwind', issuer: 'https://idp', subject: 'auth0|1', email: 'wanda@northwind.example' },
  agent: { id: 'supervisor' },
  principal: { id: 'p-1', role: 'west_sales', groups: [] },
  scopes: [],
  expiresAt: new Date(0),
  tokenId: 'jti',
};
const line: RequestLine = {
  requestId: 'req-12345',
  traceId: 'abc',
  method: 'POST',
  route: '/mcp',
  status: 200,
  clientAddress: '203.0.113.9',
  caller,
  tool: 'query_sales_data',
  outcome: 'success',
  error: undefined,
  durationMs: 1.23456,
  aborted: false,
};

test('the line of a request says who did what, how it ended and how long it took', () => {
  const { logger, last } = capture();
  logRequest(logger, line);
  expect(last()).toEqual({
    level: 'info',
    time: expect.any(String),
    service: 'demo',
    msg: 'request',
    request_id: 'req-12345',
    trace_id: 'abc',
    method: 'POST',
    route: '/mcp',
    status: 200,
    client_address: '203.0.113.9',
    caller: {
      pattern: 'federation',
      human: { idp: 'northwind', subject: 'auth0|1', email: 'wanda@northwind.example' },
      agent: 'supervisor',
      principal: { id: 'p-1', role: 'west_sales' },
    },
    tool: 'query_sales_data',
    outcome: 'success',
    duration_ms: 1.235,
  });
});

test('a refusal tells its reason without a stack, a fault with the stack of its cause', () => {
  const { logger, last } = capture();
  logRequest(logger, { ...line, error: new AppError('access_denied', 'role west_sales may not'), outcome: 'error' });
  expect(last()).toMatchObject({ level: 'info', error_code: 'access_denied', reason: 'role west_sales may not' });
  expect(last()).not.toHaveProperty('error');
  logRequest(logger, { ...line, error: new AppError('internal', 'unforeseen', { cause: new RangeError('x') }) });
  expect(last()).toMatchObject({ level: 'error', error_code: 'internal', error: { type: 'RangeError' } });
});

test.each([
  ['invalid_token', 'access_denied'],
  ['insufficient_scope', 'access_denied'],
  ['access_denied', 'access_denied'],
  ['exchange_denied', 'access_denied'],
  ['rate_limited', 'rate_limited'],
  ['invalid_request', 'error'],
  ['internal', 'error'],
] as const)('%s counts as %s', (code, outcome) => {
  expect(outcomeOf(code)).toBe(outcome);
});
