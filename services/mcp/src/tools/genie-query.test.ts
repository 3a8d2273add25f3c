import type { Answer, Question } from '@causeway/platform';
import { expect, test } from 'vitest';
import { callTool } from '../call/call-tool.ts';
import { callerOf, callWorld } from '../testing/call-world.ts';

const answer: Answer = {
  status: 'completed',
  text: 'Revenue by region.',
  sql: 'SELECT 1',
  columns: ['region', 'revenue'],
  rows: [{ region: 'WEST', revenue: 5 }],
  totalRows: 1,
  truncated: false,
  plan: { by: 'region' },
};

function start(reply: Partial<Answer> = {}) {
  const questions: Question[] = [];
  const world = callWorld({
    answer: (question) => {
      questions.push(question);
      return { ...answer, ...reply };
    },
  });
  const ask = async (args: object, change = {}) => {
    const result = await callTool(world.deps, world.call('genie_query', args, change));
    return result.ok ? result.content : { code: result.error.code };
  };
  return { ...world, questions, ask };
}

test('an answer, with the SQL that ran in the record', async () => {
  const { ask, events } = start();
  expect(await ask({ question: 'revenue by region' })).toEqual({
    conversation_id: expect.stringMatching(/^k1\./),
    message_id: expect.any(String),
    status: 'completed',
    text: 'Revenue by region.',
    sql: 'SELECT 1',
    columns: ['region', 'revenue'],
    rows: [{ region: 'WEST', revenue: 5 }],
    total_rows: 1,
    truncated: false,
  });
  expect(events).toMatchObject([
    { statement: 'SELECT 1', arguments: { question: 'revenue by region', follow_up: false } },
  ]);
});

test('a follow-up brings the plan of the answer before', async () => {
  const { ask, questions } = start();
  const first = await ask({ question: 'revenue by region' });
  await ask({ question: 'only WEST', conversation_id: first['conversation_id' as never] });
  expect(questions).toEqual([{ text: 'revenue by region' }, { text: 'only WEST', plan: { by: 'region' } }]);
});

test('somebody else’s conversation is not found, and nothing is asked', async () => {
  const { ask, questions } = start();
  const first = await ask({ question: 'revenue by region' });
  const stranger = callerOf('west_sales', { human: { ...callerOf('west_sales').human!, subject: 'another' } });
  const handle = first['conversation_id' as never];
  expect(await ask({ question: 'only WEST', conversation_id: handle }, { caller: stranger })).toEqual({
    code: 'not_found',
  });
  expect(questions).toHaveLength(1);
});

test('a question back is an answer', async () => {
  const { ask } = start({
    status: 'clarification',
    text: 'Which thing?',
    rows: [],
    columns: [],
    totalRows: 0,
    plan: undefined,
  });
  expect(await ask({ question: 'the thing' })).toMatchObject({
    status: 'clarification',
    text: 'Which thing?',
    rows: [],
  });
});

test.each([{}, { question: '' }, { question: '   ' }, { question: 'x'.repeat(2001) }])('refused: %j', async (args) => {
  const { ask, questions } = start();
  expect(await ask(args)).toEqual({ code: 'invalid_request' });
  expect(questions).toEqual([]);
});
