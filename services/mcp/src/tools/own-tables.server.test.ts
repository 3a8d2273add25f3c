import { applyGovernance, createPostgresPlatform, type Platform } from '@causeway/platform';
import { existingPolicy } from '@causeway/platform/testing';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { callTool } from '../call/call-tool.ts';
import { callerOf, callWorld } from '../testing/call-world.ts';

// Tables of somebody else's application, whose columns hold what the sample's never do.
const SHOP = `
CREATE SCHEMA shop;
CREATE TABLE shop.orders (order_no bigint, "Zone" text, client text, agent_mail text, article text, phase text, total numeric, profit numeric, done_on date);
CREATE TABLE shop.pages (page_id text, heading text, content text, origin text, readers text);
INSERT INTO shop.pages VALUES ('p1', NULL, 'The refund policy.', NULL, 'everyone'), ('p2', 'Refund forms', NULL, 'web', 'everyone')`;

let server: TestPostgres;
let platform: Platform;
let policy: Awaited<ReturnType<typeof existingPolicy>>;
beforeAll(async () => {
  server = await startTestPostgres('embedded');
  await server.asAdmin((admin) => admin.query(SHOP));
  policy = await existingPolicy();
  await applyGovernance({ adminUrl: server.url, policy, gatewayPassword: 'test', grantSources: true });
  platform = createPostgresPlatform({
    url: server.urlOf('postgres', 'causeway_gateway'),
    policy: () => policy,
    poolMax: 2,
  });
});
afterAll(async () => {
  await platform?.close();
  await server?.stop();
});
beforeEach(() => server.asAdmin((admin) => admin.query('TRUNCATE shop.orders')));

const insert = (rows: string) => server.asAdmin((admin) => admin.query(`INSERT INTO shop.orders VALUES ${rows}`));

async function ask(tool: string, args: object = {}, role = 'executive') {
  const world = callWorld({ policy: () => policy.policy });
  const call = world.call(tool, args, { caller: callerOf(role) });
  const result = await callTool({ ...world.deps, platform }, call);
  return { answer: result.ok ? result.content : result.error, events: world.events };
}

const EMPTY = { region: null, customer: null, rep_email: null, product: null, stage: null, margin_pct: null };

test('columns without a value are null, and first where an index has them first', async () => {
  await insert(
    `(1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (2, 'WEST', NULL, NULL, NULL, NULL, 5, NULL, '2026-01-02')`,
  );
  const rows = [
    { ...EMPTY, deal_id: 1, amount: null, closed_on: null },
    { ...EMPTY, deal_id: 2, region: 'WEST', amount: 5, closed_on: '2026-01-02' },
  ];
  for (const order of ['amount', 'closed_on']) {
    const { answer } = await ask('query_sales_data', { order_by: order });
    expect(answer).toEqual({ rows, masked_columns: [], total_rows: 2, truncated: false });
  }
  expect((await ask('get_region_summary')).answer).toEqual({
    rows: [
      { region: 'WEST', deals: 1, revenue: 5, average_deal: 5 },
      { region: null, deals: 1, revenue: 0, average_deal: 0 },
    ],
  });
});

test('a number with more digits than a JSON number holds is the nearest one, and an id stays exact', async () => {
  await insert(
    `(9007199254740993, 'WEST', 'c', 'r', 'p', 's', 12345678901234567.89, 12.3456789012345678, '2026-01-02')`,
  );
  expect((await ask('query_sales_data')).answer).toMatchObject({
    rows: [{ deal_id: '9007199254740993', amount: 12345678901234568, margin_pct: 12.345678901234567 }],
  });
  expect((await ask('get_region_summary')).answer).toMatchObject({
    rows: [{ revenue: 12345678901234568, average_deal: 12345678901234568 }],
  });
});

test.each([
  ['that is none', `'NaN'`],
  ['that JSON has no number near', '1e400'],
])('a number %s is refused as the data’s fault, by the name of its column', async (_, amount) => {
  await insert(`(1, 'WEST', 'c', 'r', 'p', 's', ${amount}, 1, '2026-01-02')`);
  const { answer, events } = await ask('query_sales_data');
  expect(answer).toMatchObject({ code: 'upstream_rejected', publicMessage: expect.stringContaining('amount') });
  expect(events).toMatchObject([
    { outcome: { status: 'error', errorCode: 'upstream_rejected', reason: expect.stringContaining('amount') } },
  ]);
});

test('documents without a title, a text or a source are found, and have none', async () => {
  const { answer } = await ask('query_knowledge_base', { query: 'refund' });
  expect(answer).toMatchObject({ results: expect.any(Array) });
  const { results } = answer as unknown as { results: { document_id: string }[] };
  expect(results.toSorted((a, b) => a.document_id.localeCompare(b.document_id))).toMatchObject([
    { document_id: 'p1', title: '', source: '', snippet: expect.stringContaining('**refund**') },
    { document_id: 'p2', title: 'Refund forms', source: 'web', snippet: '' },
  ]);
  expect((await ask('query_knowledge_base', { query: 'refnud' })).answer).toMatchObject({ results: expect.any(Array) });
});
