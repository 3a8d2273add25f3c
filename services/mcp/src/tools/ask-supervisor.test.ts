import { AppError } from '@causeway/core';
import type { Answer, Question } from '@causeway/platform';
import { describe, expect, test } from 'vitest';
import { callTool } from '../call/call-tool.ts';
import type { CallLimits } from '../limits/call-limits.ts';
import { callerOf, callWorld, type WorldOptions } from '../testing/call-world.ts';

const document = { documentId: 'd', title: 'Discounts', snippet: 'Ten percent.', score: 0.5, source: 'policy' };
const engine = {
  get_region_summary: () => [{ region: 'WEST', deals: 1, revenue: 5, average_deal: 5 }],
};
const revenue: Answer = {
  status: 'completed',
  text: 'Revenue by product.',
  columns: ['product', 'revenue'],
  rows: [{ product: 'Atlas', revenue: 5 }],
  totalRows: 1,
  truncated: false,
  plan: {},
};

const QUESTION = 'Top products by revenue, and what is the discount approval policy?';

async function ask(args: object, options: WorldOptions = {}, change = {}) {
  const world = callWorld({ engine, documents: [document], answer: () => revenue, ...options });
  const call = world.call('ask_supervisor', args, { caller: callerOf('executive'), ...change });
  return { ...world, result: await callTool(world.deps, call) };
}

test('asks what the parts of a question are about, and says which step said what', async () => {
  const { result, events } = await ask({ question: QUESTION });
  expect(result).toMatchObject({
    ok: true,
    content: {
      answer: '[1] Revenue by product.\n- product "Atlas", revenue 5\n\n[2] - Discounts: Ten percent.',
      steps: [{ tool: 'genie_query' }, { tool: 'query_knowledge_base' }],
    },
  });
  // Each step is a call of the same person, recorded as one.
  expect(new Set(events.map(({ tool }) => tool))).toEqual(
    new Set(['genie_query', 'query_knowledge_base', 'ask_supervisor']),
  );
  expect(events).toHaveLength(3);
  expect(new Set(events.map(({ caller }) => caller?.human?.subject))).toEqual(new Set(['s-executive']));
});

test('whom the engine does not let, asks nothing', async () => {
  const denied = () => Promise.reject(new AppError('access_denied', '42501'));
  const { result, events } = await ask({ question: QUESTION }, { supervisor: denied });
  expect(result).toMatchObject({ ok: false, error: { code: 'access_denied' } });
  expect(events).toHaveLength(1);
});

test('does not ask itself', async () => {
  const { result } = await ask({ question: QUESTION }, {}, { hops: 1 });
  expect(result).toMatchObject({ ok: false, error: { code: 'access_denied' } });
});

test('says so when Genie is limited, and answers with the rest', async () => {
  const limits: CallLimits = {
    enter: async (_, tool) => {
      if (tool === 'genie_query') throw new AppError('rate_limited', 'x', { retryAfterMs: 4500 });
      return { [Symbol.dispose]: () => undefined };
    },
  };
  const { result } = await ask({ question: QUESTION }, { limits });
  const { answer } = (result.ok ? result.content : {}) as { answer: string };
  expect(answer).toContain('[1] Genie is limited right now and was not asked. Ask again in 5 s.');
  expect(answer).toContain('[2] - Discounts');
});

test('a step that the token has no scope for is told, not taken', async () => {
  const caller = callerOf('executive', { scopes: ['serving', 'sql'] });
  const { result } = await ask({ question: QUESTION }, {}, { caller });
  expect(result).toMatchObject({
    content: { steps: [{ summary: 'Your token was not given the scope that genie_query needs.' }, {}] },
  });
});

test('a follow-up goes on with the analyst’s conversation', async () => {
  const plans: unknown[] = [];
  const world = callWorld({
    engine,
    answer: ({ plan }) => {
      plans.push(plan);
      return { ...revenue, plan: { kept: true } };
    },
  });
  const askWith = (args: object) =>
    callTool(world.deps, world.call('ask_supervisor', args, { caller: callerOf('executive') }));
  const first = await askWith({ question: 'Top products by revenue' });
  const handle = first.ok ? first.content['conversation_id'] : '';
  await askWith({ question: 'only WEST', conversation_id: handle });
  expect(plans).toEqual([undefined, { kept: true }]);
});

test('takes no more than eight steps', async () => {
  const question = Array.from({ length: 30 }, (_, n) => `what is the policy on topic ${n}`).join('? ');
  const { result, events } = await ask({ question });
  expect((result.ok ? result.content['steps'] : []) as unknown[]).toHaveLength(8);
  expect(events).toHaveLength(9);
});

describe('where the platform has a supervisor of its own', () => {
  test('it answers, and its conversation goes on by the handle', async () => {
    const questions: Question[] = [];
    const world = callWorld({
      supervisor: async (question) => {
        questions.push(question);
        return { text: 'Atlas sells best.', steps: [{ tool: 'genie', summary: 'asked' }], plan: { turns: 1 } };
      },
    });
    const askWith = (args: object) =>
      callTool(world.deps, world.call('ask_supervisor', args, { caller: callerOf('executive') }));
    const first = await askWith({ question: 'What sells best?' });
    expect(first).toMatchObject({
      content: { answer: 'Atlas sells best.', steps: [{ tool: 'genie', summary: 'asked' }] },
    });
    await askWith({ question: 'And worst?', conversation_id: first.ok ? first.content['conversation_id'] : '' });
    expect(questions).toEqual([{ text: 'What sells best?' }, { text: 'And worst?', plan: { turns: 1 } }]);
    expect(world.events).toHaveLength(2);
  });
});
