import type { OutsideCall } from '@causeway/platform';
import type { OutboundResponse } from '@causeway/runtime';
import { expect, test } from 'vitest';
import { callTool } from '../call/call-tool.ts';
import { callerOf, callWorld } from '../testing/call-world.ts';

async function search(args: object, answer: unknown, status = 200) {
  const asked: (readonly [string, OutsideCall])[] = [];
  const response: OutboundResponse = {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(answer)),
    truncated: false,
  };
  const request = async (name: string, call: OutsideCall) => {
    asked.push([name, call]);
    return response;
  };
  const world = callWorld({ connections: { as: () => ({ request }) } });
  const result = await callTool(world.deps, world.call('github_search', args, { caller: callerOf('executive') }));
  return { asked, result: result.ok ? result.content : result.error.code };
}

const ITEMS = {
  repositories: { full_name: 'a/b', html_url: 'https://github.com/a/b', description: null, stargazers_count: 5 },
  issues: { title: 'Broken', html_url: 'https://github.com/a/b/issues/1', body: 'x'.repeat(500) },
  code: { path: 'src/x.ts', html_url: 'https://github.com/a/b/blob/x', repository: { full_name: 'a/b' } },
};

test.each([
  ['repositories', { title: 'a/b', url: 'https://github.com/a/b', summary: '' }],
  ['issues', { title: 'Broken', url: 'https://github.com/a/b/issues/1', summary: 'x'.repeat(280) }],
  ['code', { title: 'src/x.ts', url: 'https://github.com/a/b/blob/x', summary: 'a/b' }],
] as const)('%s', async (kind, item) => {
  const { asked, result } = await search(
    { query: 'lang:ts x', kind, limit: 3 },
    { total_count: 1, items: [ITEMS[kind]] },
  );
  expect(result).toEqual({ total: 1, items: [item] });
  const query = { q: 'lang:ts x', per_page: '3' };
  expect(asked).toEqual([['github', { method: 'GET', path: `/search/${kind}`, query }]]);
});

test('no more items than asked for, whatever GitHub sends', async () => {
  const items = Array.from({ length: 5 }, () => ITEMS.code);
  expect((await search({ query: 'x', kind: 'code', limit: 2 }, { total_count: 5, items })).result).toMatchObject({
    total: 5,
    items: [{}, {}],
  });
});

test.each([
  [422, {}, 'invalid_request'],
  [401, {}, 'upstream_rejected'],
  [200, { nothing: 1 }, 'upstream_rejected'],
])('HTTP %i with %j is %s', async (status, answer, code) => {
  expect((await search({ query: 'x', kind: 'code' }, answer, status)).result).toBe(code);
});

test.each([
  { query: 'x' },
  { kind: 'code' },
  { query: '', kind: 'code' },
  { query: 'x', kind: 'users' },
  { query: 'x', kind: 'code', limit: 31 },
])('refused: %j', async (args) => {
  const { asked, result } = await search(args, {});
  expect([result, asked]).toEqual(['invalid_request', []]);
});
