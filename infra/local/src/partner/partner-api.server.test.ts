import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type PartnerApi, startPartnerApi } from './start-partner-api.ts';

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

let dir: string;
let api: PartnerApi;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'causeway-partner-'));
  api = await startPartnerApi({ port: 0, dir });
});

afterAll(async () => {
  await api.close();
  rmSync(dir, { recursive: true });
});

interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly ca?: string;
}

function call(
  path: string,
  { method = 'GET', headers, body, ca = readFileSync(join(dir, 'ca.pem'), 'utf8') }: Call = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const credential = readFileSync(join(dir, 'credential'), 'utf8').trim();
  const outgoing = request(
    `${api.url}${path}`,
    { method, ca, headers: { authorization: `Bearer ${credential}`, ...headers } },
    (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    },
  );
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

/** The parts of the answers that these tests look at. */
interface Body {
  readonly id: string;
  readonly total: number;
  readonly total_count: number;
  readonly items: readonly { readonly full_name: string; readonly number: number }[];
  readonly problems: readonly unknown[];
}

async function json(path: string, options?: Call): Promise<{ status: number; body: Body }> {
  const { status, text } = await call(path, options);
  return { status, body: JSON.parse(text) as Body };
}

function post(body: unknown): Call {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

describe('who may call', () => {
  test.each(['', 'Bearer', 'Bearer wrong', 'Basic d3Jvbmc6d3Jvbmc='])(
    'refuses the credential “%s” on every path',
    async (authorization) => {
      for (const path of ['/github/search/repositories?q=route', '/v1/orders', '/nothing']) {
        const { status, headers } = await call(path, { headers: { authorization } });
        expect(status).toBe(401);
        expect(headers['www-authenticate']).toBe('Bearer');
      }
    },
  );

  test('its certificate is trusted by its own CA only', async () => {
    await expect(call('/v1/orders', { ca: '' })).rejects.toMatchObject({
      code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO/),
    });
  });
});

describe('GitHub search', () => {
  test('repositories match on name, description and topics, best first', async () => {
    const { body } = await json('/github/search/repositories?q=sales');
    expect(body.total_count).toBe(2);
    expect(body.items.map((item) => item.full_name)).toEqual(['fabrikam/sales-dashboard', 'fabrikam/pricing-model']);
    expect(body.items[0]).toMatchObject({
      html_url: 'https://github.com/fabrikam/sales-dashboard',
      owner: { login: 'fabrikam' },
    });
  });

  test('issues and code are other things than repositories', async () => {
    const issues = await json('/github/search/issues?q=label%3Abug+state%3Aopen');
    expect(issues.body.items.map((item) => item.number)).toEqual([17, 4, 9]);
    const code = await json('/github/search/code?q=discount+language%3Apython');
    expect(code.body.items).toMatchObject([
      { path: 'model/discount.py', repository: { full_name: 'fabrikam/pricing-model' } },
    ]);
  });

  test('what does not occur is not found', async () => {
    expect((await json('/github/search/repositories?q=zeppelin')).body).toEqual({
      total_count: 0,
      incomplete_results: false,
      items: [],
    });
    expect((await json('/github/search/repositories?q=sales+language%3Acobol')).body.total_count).toBe(0);
  });

  test('pages as GitHub does', async () => {
    const all = await json('/github/search/issues?q=is%3Aissue');
    const second = await json('/github/search/issues?q=is%3Aissue&per_page=2&page=2');
    expect(second.body.total_count).toBe(all.body.total_count);
    expect(second.body.items).toEqual(all.body.items.slice(2, 4));
  });

  test.each(['', '?q=', '?q=%20', '?q=a&q=b', '?q=a&per_page=0', '?q=a&per_page=x'])(
    'refuses the query “%s” with 422',
    async (query) => {
      expect(await json(`/github/search/repositories${query}`)).toMatchObject({
        status: 422,
        body: { message: 'Validation Failed' },
      });
    },
  );
});

describe('orders', () => {
  test('a posted order can be read, listed and filtered', async () => {
    const made = await json('/v1/orders', post({ customer: 'New Customer', items: [{ sku: 'BOX-1', quantity: 2 }] }));
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ status: 'received', customer: 'New Customer' });
    expect((await json(`/v1/orders/${made.body.id}`)).body).toEqual(made.body);
    expect((await json('/v1/orders?customer=new%20customer')).body).toEqual({ orders: [made.body], total: 1 });
  });

  test.each([
    ['no items', { customer: 'A', items: [] }],
    ['a quantity below one', { customer: 'A', items: [{ sku: 'BOX-1', quantity: 0 }] }],
    ['an unknown field', { customer: 'A', items: [{ sku: 'BOX-1', quantity: 1 }], status: 'delivered' }],
    ['nothing', {}],
  ])('refuses an order with %s, and keeps none', async (_, order) => {
    const before = await json('/v1/orders');
    const { status, body } = await json('/v1/orders', post(order));
    expect(status).toBe(422);
    expect(body.problems.length).toBeGreaterThan(0);
    expect((await json('/v1/orders')).body.total).toBe(before.body.total);
  });

  test('a body that is no JSON is 400, one that is too large 413, and neither shows an inside', async () => {
    expect(await json('/v1/orders', post('{'))).toEqual({
      status: 400,
      body: { message: 'Problems parsing the body', status: '400' },
    });
    expect((await json('/v1/orders', post({ customer: 'x'.repeat(70_000) }))).status).toBe(413);
  });

  test.each(['?status=lost', '?limit=0', '?unknown=1'])('refuses the filter %s', async (query) => {
    expect((await json(`/v1/orders${query}`)).status).toBe(400);
  });

  test('an unknown order and an unknown path are 404', async () => {
    expect((await json('/v1/orders/ord-0')).status).toBe(404);
    expect((await json('/nothing')).status).toBe(404);
  });

  test('a slow answer takes the time that was asked for, and a large one has the size', async () => {
    const began = performance.now();
    expect((await json('/v1/slow?ms=60')).body).toEqual({ waited_ms: 60 });
    expect(performance.now() - began).toBeGreaterThanOrEqual(55);
    expect((await call('/v1/large?bytes=300001')).text).toHaveLength(300_001);
  });
});
