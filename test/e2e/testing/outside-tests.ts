import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sampleDocuments } from '@causeway/platform/testing';
import { describe, expect } from 'vitest';
import type { McpWorld } from '../mcp-world.ts';
import { requirement } from '../requirement.ts';
import { dealsOf, revenueOf } from '../sample-figures.ts';

const ELENA = 'elena@contoso.example';
const WANDA = 'wanda@northwind.example';

type Ask = (tool: string, args: object, email?: string) => Promise<Readonly<Record<string, unknown>>>;

/** The tools that look outside of the deals: documents, GitHub, other APIs, and the supervisor over all of them. */
export function outsideTests(world: () => McpWorld): void {
  const ask: Ask = async (tool, args, email = ELENA) =>
    (await world().call(await world().proofOf(email), tool, args)).content;
  describe('query_knowledge_base', () => {
    knowledgeTests(ask);
  });
  describe('ask_supervisor', () => {
    supervisorTests(ask);
  });
  describe('github_search', () => {
    githubTests(ask);
  });
  describe('external_api_call', () => {
    externalTests(world, ask);
  });
}

interface FoundDocument {
  readonly document_id: string;
  readonly title: string;
  readonly snippet: string;
  readonly score: number;
  readonly source: string;
}

function knowledgeTests(ask: Ask): void {
  const DOCUMENTS = new Map(sampleDocuments().map((document) => [document.id, document]));
  const find = async (args: object, email?: string) =>
    (await ask('query_knowledge_base', args, email))['results'] as FoundDocument[];

  requirement('knowledge-output', 'five documents as they were generated, the best first', async () => {
    const results = await find({ query: 'discount approval' });
    expect(results).toHaveLength(5);
    expect(results[0]).toMatchObject({ document_id: 'policy-discount-approval', title: 'Discount approval' });
    for (const { document_id: id, title, snippet, score, source } of results) {
      const { title: known, source: from, body = '' } = DOCUMENTS.get(id) ?? {};
      expect([title, source, score > 0 && score <= 1]).toEqual([known, from, true]);
      const words = snippet.replaceAll('**', '').split(' … ');
      expect(words.filter((passage) => !body.includes(passage))).toEqual([]);
    }
    const scores = results.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  requirement('knowledge-output', 'as many as asked for, and none that the role may not read', async () => {
    const mentions = (audience: readonly string[]) =>
      [...DOCUMENTS.values()].filter(
        (one) => audience.includes(one.audience) && /\bcontracts?\b/i.test(`${one.title} ${one.body}`),
      );
    const query = 'contract';
    const all = await find({ query, limit: 20 });
    const open = await find({ query, limit: 20 }, WANDA);
    const ids = (documents: readonly { id: string }[]) => documents.map(({ id }) => id).toSorted();
    const found = (documents: readonly FoundDocument[]) => ids(documents.map(({ document_id: id }) => ({ id })));
    expect(found(all)).toEqual(ids(mentions(['everyone', 'managers', 'finance', 'executive'])));
    expect(found(open)).toEqual(ids(mentions(['everyone'])));
    expect(await find({ query, limit: 1 })).toEqual(all.slice(0, 1));
  });
}

function supervisorTests(ask: Ask): void {
  requirement('supervisor-output', 'an answer from several tools, which step said what, and no model', async () => {
    const question = 'Revenue by region, and what is the discount approval policy? Search github for pricing.';
    const { answer, steps, conversation_id } = await ask('ask_supervisor', { question });
    const tools = ['get_region_summary', 'genie_query', 'query_knowledge_base', 'github_search'];
    expect((steps as { tool: string }[]).map(({ tool }) => tool)).toEqual(expect.arrayContaining(tools));
    for (const figure of [String(revenueOf(dealsOf('WEST'))), 'twenty-eight percent', 'fabrikam/pricing-model']) {
      expect(answer).toContain(figure);
    }
    const summaries = (steps as { summary: string }[]).map(({ summary }, index) => `[${index + 1}] ${summary}`);
    expect(answer).toBe(summaries.join('\n\n'));

    const follow = await ask('ask_supervisor', { question: 'and only WEST?', conversation_id });
    expect(follow['answer']).toContain(String(revenueOf(dealsOf('WEST'))));
    expect(follow['answer']).not.toContain(String(revenueOf(dealsOf('EAST'))));
  });
}

function githubTests(ask: Ask): void {
  requirement(
    ['github-output', 'github-local'],
    'repositories, issues and code of the partner API, each with title, address and summary',
    async () => {
      for (const [kind, query, item] of [
        ['repositories', 'margin', ['fabrikam/pricing-model', '', 'Margin and discount model for the sales team.']],
        [
          'issues',
          'digit',
          ['Barcode is cut off on narrow labels', '/issues/4', 'Labels of 38 mm lose the last digit.'],
        ],
        ['code', 'encode_barcode', ['labels/barcode.py', '/blob/main/labels/barcode.py', 'northwind/warehouse-labels']],
      ] as const) {
        const [title, path, summary] = item;
        const repository = kind === 'repositories' ? title : 'northwind/warehouse-labels';
        const url = `https://github.com/${repository}${path}`;
        expect(await ask('github_search', { query, kind })).toEqual({ total: 1, items: [{ title, url, summary }] });
      }
    },
  );

  requirement('github-output', 'as many as asked for, of how many there are; nothing is no error', async () => {
    const { total, items } = await ask('github_search', { query: 'sales', kind: 'repositories', limit: 1 });
    expect([total, (items as unknown[]).length]).toEqual([2, 1]);
    const none = await ask('github_search', { query: 'no-such-thing', kind: 'code' });
    expect(none).toEqual({ total: 0, items: [] });
  });
}

function externalTests(world: () => McpWorld, ask: Ask): void {
  const call = (args: object, email?: string) => ask('external_api_call', { connection: 'orders', ...args }, email);

  requirement('external-output', 'status, type and body of the other system, an error of its own too', async () => {
    const found = await call({ method: 'GET', path: '/orders', query: { status: 'packed' } });
    expect(found).toMatchObject({ status: 200, content_type: 'application/json; charset=utf-8', truncated: false });
    expect(JSON.parse(String(found['body']))).toMatchObject({ total: 1, orders: [{ id: 'ord-1003' }] });
    expect(await call({ method: 'GET', path: '/orders/nope' })).toMatchObject({ status: 404, truncated: false });
    const refused = await call({ method: 'POST', path: '/orders', body: { customer: '' } });
    expect(refused).toMatchObject({ status: 422, body: expect.stringContaining('validation_failed') });
  });

  requirement(
    'external-not-allowed',
    'a method or path that the connection does not name is access_denied',
    async () => {
      for (const args of [
        { method: 'DELETE', path: '/orders/ord-1001' },
        { method: 'POST', path: '/orders/ord-1001' },
        { method: 'GET', path: '/slow' },
        { method: 'GET', path: '/' },
      ]) {
        expect(await call(args)).toMatchObject({ error: { code: 'access_denied' } });
      }
      expect(await call({ method: 'GET', path: '/orders/ord-1001' })).toMatchObject({ status: 200 });
    },
  );

  requirement(
    'connection-credential-hidden',
    'the partner API takes no call without the credential, and nobody here is shown it',
    async () => {
      const folder = join(dirname(world().environment['HANDLE_KEY_FILE'] ?? ''), '..');
      const credential = readFileSync(join(folder, 'partner-ca', 'credential'), 'utf8').trim();
      const answers = [await call({ method: 'GET', path: '/orders' }), await call({ method: 'GET', path: '/slow' })];
      expect(answers).toMatchObject([{ status: 200 }, { error: { code: 'access_denied' } }]);
      const logged = () => world().logOf('mcp');
      const isLogged = () => logged().some(({ tool }) => tool === 'external_api_call');
      await expect.poll(isLogged, { timeout: 30_000 }).toBe(true);
      expect(JSON.stringify([answers, logged()])).not.toContain(credential);
    },
  );
}
