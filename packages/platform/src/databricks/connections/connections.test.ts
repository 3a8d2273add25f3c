import { describe, expect, test } from 'vitest';
import type { PlatformSession, Statement } from '../../platform.ts';
import { outboundText, scriptedWorkspace } from '../testing/scripted-workspace.ts';
import { httpRequestConnection } from './http-request-connection.ts';
import { proxyConnection } from './proxy-connection.ts';

const PROXY = '/api/2.0/unity-catalog/connections/github/proxy';
const HOSTILE_PATHS = [
  '/../../../sql/statements',
  '/%2e%2e/x',
  '//evil.example',
  '/a\\b',
  '/a?b=c',
  '/a#b',
  '/%252e%252e/x',
  'https://evil.example/',
];

describe('through the proxy', () => {
  function open(reply: unknown, place = `GET ${PROXY}/search/code?q=a+b`) {
    const workspace = scriptedWorkspace({ [place]: [reply] });
    return { ...workspace, api: proxyConnection({ calls: workspace.calls, name: 'github', scope: 'unity-catalog' }) };
  }

  test('a call goes below the connection, without a redirect and with a limit', async () => {
    const { api, asked } = open(outboundText(200, '{}'));
    const answer = await api.request({ method: 'GET', path: '/search/code', query: { q: 'a b' } });
    expect(answer).toMatchObject({ status: 200 });
    expect(asked).toMatchObject([
      { scope: 'unity-catalog', redirects: 'refuse', bodyMaxBytes: 262_144, overflow: 'truncate' },
    ]);
  });

  test('a body goes along, and is nothing without one', async () => {
    const { api, asked } = open(outboundText(201, '{}'), `POST ${PROXY}/orders`);
    await api.request({ method: 'POST', path: '/orders', body: { n: 1 } });
    expect(asked[0]).toMatchObject({ method: 'POST', body: { n: 1 } });
  });

  test.each(HOSTILE_PATHS)(
    'a path that would leave the connection is refused before anything is sent: %s',
    async (path) => {
      const { api, asked } = open(outboundText(200, '{}'));
      await expect(api.request({ method: 'GET', path })).rejects.toMatchObject({ code: 'invalid_request' });
      expect(asked).toEqual([]);
    },
  );

  test.each([
    [403, { error_code: 'PERMISSION_DENIED', message: "User does not have USE CONNECTION on Connection 'github'." }],
    [403, { error_code: 403, message: 'Provided OAuth token does not have required scopes: unity-catalog' }],
    [404, { error_code: 'CONNECTION_DOES_NOT_EXIST', message: "Connection 'github' does not exist." }],
  ])('a refusal of the workspace is one of ours: %s %j', async (status, body) => {
    const { api } = open(outboundText(status, JSON.stringify(body)), `GET ${PROXY}/x`);
    await expect(api.request({ method: 'GET', path: '/x' })).rejects.toMatchObject({ code: 'access_denied' });
  });

  test.each([
    [404, '{"message":"Not Found"}'],
    [422, '{"message":"Validation Failed"}'],
    [403, 'forbidden'],
    [403, '{"error_code":"PERMISSION_DENIED","message":"not your order"}'],
  ])('an error of the API behind it is its answer: %s %s', async (status, body) => {
    const { api } = open(outboundText(status, body), `GET ${PROXY}/x`);
    expect(await api.request({ method: 'GET', path: '/x' })).toMatchObject({ status });
  });
});

describe('through http_request()', () => {
  function open(answer: unknown, name = 'orders') {
    const statements: Statement<unknown>[] = [];
    const query: PlatformSession['query'] = async (statement) => {
      statements.push(statement);
      return [statement.row.parse({ answer: typeof answer === 'string' ? answer : JSON.stringify(answer) })];
    };
    return { statements, api: httpRequestConnection({ query, name }) };
  }

  test('values are bound, and the function stands in the statement once', async () => {
    const { api, statements } = open({ status_code: 201, text: '{"id":1}' });
    const answer = await api.request({
      method: 'POST',
      path: '/orders',
      query: { "a'": "b'" },
      body: { note: "it's" },
    });
    expect(new TextDecoder().decode(answer.body)).toBe('{"id":1}');
    expect(answer).toMatchObject({ status: 201, truncated: false });
    expect(statements[0]).toMatchObject({
      text: "SELECT to_json(http_request(conn => 'orders', method => 'POST', path => $3, params => map($1, $2), json => $4)) AS answer",
      values: ["a'", "b'", '/orders', '{"note":"it\'s"}'],
    });
  });

  test('an answer beyond 256 KiB is cut', async () => {
    const { api } = open({ status_code: 200, text: 'ä'.repeat(200_000) });
    const answer = await api.request({ method: 'GET', path: '/orders' });
    expect(answer).toMatchObject({ truncated: true });
    expect(answer.body.byteLength).toBe(256 * 1024);
  });

  test.each(HOSTILE_PATHS)(
    'a path that would leave the connection is refused before anything is run: %s',
    async (path) => {
      const { api, statements } = open({ status_code: 200, text: '' });
      await expect(api.request({ method: 'GET', path })).rejects.toMatchObject({ code: 'invalid_request' });
      expect(statements).toEqual([]);
    },
  );

  test('a name that is none is not written into a statement', async () => {
    const { api, statements } = open({ status_code: 200 }, "x' || 'y");
    await expect(api.request({ method: 'GET', path: '/' })).rejects.toMatchObject({ code: 'config_invalid' });
    expect(statements).toEqual([]);
  });

  test.each(['no json', { text: 'x' }, 'null'])('an answer in another form is none: %j', async (answer) => {
    const { api } = open(answer);
    await expect(api.request({ method: 'GET', path: '/' })).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });
});
