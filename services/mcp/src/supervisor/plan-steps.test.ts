import { TOOLS } from '@causeway/policy';
import { expect, test } from 'vitest';
import { planSteps } from './plan-steps.ts';

const connections = {
  github: { baseUrl: 'https://x', network: 'public' as const, allow: ['GET /search/*'], grants: [] },
  orders: {
    baseUrl: 'https://x',
    network: 'public' as const,
    allow: ['GET /orders/*', 'GET /orders', 'POST /orders'],
    grants: [],
  },
};
const plan = (question: string, change = {}) =>
  planSteps({ question, tools: TOOLS, connections, genie: undefined, ...change });
const toolsOf = (question: string) => plan(question).map(({ tool }) => tool);

test.each([
  ['What may I do here?', ['check_identity']],
  ['revenue by product last quarter', ['genie_query']],
  ['Give me an overview of the regions', ['get_region_summary']],
  ['how do I file travel expenses', ['query_knowledge_base']],
  ['who was denied access yesterday? show the audit', ['query_audit_log', 'query_audit_log']],
  ['open issues on GitHub about the parser', ['github_search']],
  ['status of the orders', ['external_api_call']],
  ['something else entirely', ['query_knowledge_base']],
  ['biggest deals and what is our leave policy?', ['genie_query', 'query_knowledge_base']],
] as const)('%s', (question, tools) => expect(toolsOf(question)).toEqual(tools));

test('a connection is read where one fixed path says so, and never written', () => {
  expect(plan('status of the orders')).toEqual([
    { tool: 'external_api_call', args: { connection: 'orders', method: 'GET', path: '/orders' } },
  ]);
});

test('what the caller may not call is not planned', () => {
  expect(plan('open issues on GitHub', { tools: ['genie_query'] })).toEqual([]);
});

test('a conversation goes on whatever the words are', () => {
  expect(plan('only the west', { genie: 'handle' })[0]).toEqual({
    tool: 'genie_query',
    args: { question: 'only the west', conversation_id: 'handle' },
  });
});

test('the same step is taken once', () => {
  expect(plan('region overview. Regions overview. summary of regions')).toEqual([
    { tool: 'get_region_summary', args: {} },
  ]);
});

test('no more than eight steps, whatever is asked', () => {
  const question = Array.from({ length: 20 }, (_, n) => `what is the revenue overview of region ${n}`).join('? ');
  expect(plan(question)).toHaveLength(8);
});
