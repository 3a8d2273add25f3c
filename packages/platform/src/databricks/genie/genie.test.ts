import { AppError } from '@causeway/core';
import { describe, expect, test } from 'vitest';
import type { QueryOptions, Question } from '../../platform.ts';
import { scriptedWorkspace, sleepingClock } from '../testing/scripted-workspace.ts';
import { createGenieApi } from './genie-api.ts';
import { askGenie } from './genie.ts';

const SPACE = '/api/2.0/genie/spaces/s1';
const START = `POST ${SPACE}/start-conversation`;
const FOLLOW = `POST ${SPACE}/conversations/c1/messages`;
const MESSAGE = `GET ${SPACE}/conversations/c1/messages/m1`;
const RESULT = `${MESSAGE}/attachments/a1/query-result`;
const AGAIN = `POST ${SPACE}/conversations/c1/messages/m1/attachments/a1/execute-query`;
const CANCEL = 'POST /api/2.0/sql/statements/st1/cancel';
const FOLLOW_UP: Question = { text: 'and in March?', plan: { genie: { conversation: 'c1' } } };

const message = (status: string, extra: object = {}) => ({ conversation_id: 'c1', message_id: 'm1', status, ...extra });
const started = (status = 'SUBMITTED') => ({ conversation_id: 'c1', message_id: 'm1', message: message(status) });
const query = (extra: object = {}) => ({
  attachment_id: 'a1',
  query: { title: 'Deals', description: 'Counts the deals.', query: 'SELECT count(*)', statement_id: 'st1', ...extra },
});
const text = (content: string, extra: object = {}) => ({ attachment_id: 't1', text: { content, ...extra } });
const done = (...attachments: object[]) => message('COMPLETED', { attachments });
const failed = (type: string, error = 'x') => message('FAILED', { error: { type, error } });

function result(cells: readonly (readonly (string | null)[])[], extra: object = {}) {
  const columns = [
    { name: 'region', type_name: 'STRING' },
    { name: 'deals', type_name: 'LONG' },
    { name: 'margin', type_name: 'DECIMAL' },
  ];
  const manifest = { schema: { columns }, total_row_count: cells.length, truncated: false, ...extra };
  return { statement_response: { status: { state: 'SUCCEEDED' }, manifest, result: { data_array: cells } } };
}

function ask(script: Parameters<typeof scriptedWorkspace>[0], question: Question = { text: 'how many?' }) {
  return askWith(script, question, {});
}

function askWith(script: Parameters<typeof scriptedWorkspace>[0], question: Question, options: QueryOptions) {
  const workspace = scriptedWorkspace(script);
  const clock = sleepingClock();
  const api = createGenieApi({ calls: workspace.calls, spaceId: 's1', scope: 'genie' });
  const answer = askGenie({ api, ...clock }, question, options);
  return { ...workspace, ...clock, answer };
}

const codeOf = (answer: Promise<unknown>) =>
  answer.then(
    () => 'answered',
    (error: AppError) => error.code,
  );

test.each([[['NORTH', '5']], [['NORTH', '5', '1', '2']]])(
  'a row with other cells than columns is no answer: %j',
  async (cells) => {
    const { answer } = ask({ [START]: [started()], [MESSAGE]: [done(query())], [RESULT]: [result([cells])] });
    expect(await codeOf(answer)).toBe('upstream_rejected');
  },
);

describe('a question', () => {
  test('is answered with sql, typed rows, and the conversation to follow up', async () => {
    const { answer, asked } = ask({
      [START]: [started()],
      [MESSAGE]: [message('ASKING_AI'), done(query())],
      [RESULT]: [
        result([
          ['WEST', '12', '3.50'],
          ['EAST', '4', null],
        ]),
      ],
    });
    expect(await answer).toEqual({
      status: 'completed',
      text: 'Counts the deals.',
      sql: 'SELECT count(*)',
      columns: ['region', 'deals', 'margin'],
      rows: [
        { region: 'WEST', deals: 12, margin: 3.5 },
        { region: 'EAST', deals: 4, margin: null },
      ],
      totalRows: 2,
      truncated: false,
      plan: { genie: { conversation: 'c1' } },
      messageId: 'm1',
    });
    expect(asked[0]).toMatchObject({ body: { content: 'how many?' }, scope: 'genie', purpose: 'long' });
  });

  test('in a conversation goes to that conversation', async () => {
    const { answer, places } = ask(
      { [FOLLOW]: [done(text('Yes.', { purpose: 'TEXT_ATTACHMENT_PURPOSE_ANSWER' }))] },
      FOLLOW_UP,
    );
    expect(await answer).toMatchObject({ status: 'completed', text: 'Yes.', rows: [] });
    expect(places()).toEqual([FOLLOW]);
  });

  test.each([{ genie: {} }, { relation: 'sales.deals' }, 'c1', { genie: { conversation: '' } }])(
    'with a plan that Genie never made asks nothing: %j',
    async (plan) => {
      const { answer, asked } = ask({ [START]: [started()] }, { text: 'x', plan });
      expect(await codeOf(answer)).toBe('not_found');
      expect(asked).toEqual([]);
    },
  );

  test('is looked at every 2 s at first and every 5 s in the end', async () => {
    const running = ['FETCHING_METADATA', 'FILTERING_CONTEXT', 'ASKING_AI', 'PENDING_WAREHOUSE', 'EXECUTING_QUERY'];
    const { answer, sleeps } = ask({
      [START]: [started()],
      [MESSAGE]: [...running.map((status) => message(status)), done(query())],
      [RESULT]: [result([])],
    });
    await answer;
    expect(sleeps).toEqual([2000, 2500, 3125, 3906.25, 4882.8125, 5000]);
  });

  test.each([
    ['a new one after 60 s', { text: 'x' }, 60_000],
    ['a follow-up after 40 s', FOLLOW_UP, 40_000],
  ])('in a status that nobody knows is running until the deadline: %s', async (_, question, ms) => {
    const executing = message('SOMETHING_NEW', { attachments: [query()] });
    const { answer, now, places } = ask(
      { [START]: [started()], [FOLLOW]: [message('IN_PROGRESS')], [MESSAGE]: [executing], [CANCEL]: [{}] },
      question,
    );
    expect(await codeOf(answer)).toBe('upstream_timeout');
    expect(now()).toBe(ms);
    expect(places().filter((place) => place === CANCEL)).toHaveLength(1);
  });

  test('that nobody waits for any more ends, and so does its statement', async () => {
    const stop = new AbortController();
    const workspace = scriptedWorkspace({
      [START]: [started()],
      [MESSAGE]: [message('EXECUTING_QUERY', { attachments: [query()] })],
      [CANCEL]: [{}],
    });
    const api = createGenieApi({ calls: workspace.calls, spaceId: 's1', scope: 'genie' });
    let sleeps = 0;
    const sleep = async () => {
      if (++sleeps === 2) stop.abort(new Error('gone'));
    };
    const answer = askGenie({ api, now: () => 0, sleep }, { text: 'x' }, { signal: stop.signal });
    await expect(answer).rejects.toThrow('gone');
    expect(workspace.places()).toEqual([START, MESSAGE, CANCEL]);
  });

  test('is sent once, also when the answer to it is lost', async () => {
    const lost = new AppError('upstream_unavailable', 'lost');
    const { answer, asked } = ask({ [START]: [lost] });
    expect(await codeOf(answer)).toBe('upstream_unavailable');
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ repeatable: false, tooManyRequests: 'final' });
  });

  test('is not asked again when a look at it fails', async () => {
    const { answer, places, sleeps } = ask({
      [START]: [started()],
      [MESSAGE]: [
        new AppError('upstream_unavailable', '503'),
        new AppError('rate_limited', '429', { retryAfterMs: 9000 }),
        done(query()),
      ],
      [RESULT]: [new AppError('upstream_unavailable', '503'), result([['WEST', '1', '1']])],
    });
    expect(await answer).toMatchObject({ totalRows: 1 });
    expect(places().filter((place) => place === START)).toHaveLength(1);
    expect(sleeps[2]).toBe(9000);
  });

  test.each(['access_denied', 'not_found', 'internal'] as const)('ends when a look is answered %s', async (code) => {
    const { answer } = ask({ [START]: [started()], [MESSAGE]: [new AppError(code, 'no')] });
    expect(await codeOf(answer)).toBe(code);
  });

  test('tells its statement before it is used', async () => {
    const heard: string[] = [];
    const script = { [START]: [{ ...started(), message: done(query()) }], [RESULT]: [result([])] };
    await askWith(script, { text: 'x' }, { onStatement: (sql) => heard.push(sql) }).answer;
    expect(heard).toEqual(['SELECT count(*)']);
  });
});

describe('a clarification', () => {
  const reply = (...attachments: object[]) =>
    ask({ [START]: [{ ...started(), message: done(...attachments) }] }).answer;
  const ASKS = { purpose: 'FOLLOW_UP_QUESTION' };
  const ANSWERS = { purpose: 'TEXT_ATTACHMENT_PURPOSE_ANSWER' };

  test.each([
    ['a text that asks', [text('Which year?', ASKS)], 'clarification', 'Which year?'],
    ['a text without a purpose and without a query', [text('Which year?')], 'clarification', 'Which year?'],
    ['a text that answers', [text('There are four.', ANSWERS)], 'completed', 'There are four.'],
    [
      'an answer and a question',
      [text('Four.', ANSWERS), text('Which year?', ASKS)],
      'completed',
      'Four.\n\nWhich year?',
    ],
    [
      'thoughts and a question',
      [text('Hm.', { phase: 'RESPONSE_PHASE_THINKING' }), text('Which?', ASKS)],
      'clarification',
      'Which?',
    ],
    [
      'a question with suggestions',
      [text('Which?', ASKS), { suggested_questions: { questions: ['2025?', '2026?'] } }],
      'clarification',
      'Which?\n\nYou could ask: 2025? / 2026?',
    ],
    ['suggestions alone', [{ suggested_questions: { questions: ['2025?'] } }], 'clarification', 'You could ask: 2025?'],
  ] as const)('%s', async (_, attachments, status, words) => {
    expect(await reply(...attachments)).toMatchObject({ status, text: words, columns: [], rows: [], totalRows: 0 });
  });

  test('a question beside a query is part of the answer', async () => {
    const script = {
      [START]: [{ ...started(), message: done(text('Did you mean 2026?', ASKS), query()) }],
      [RESULT]: [result([['WEST', '1', '1']])],
    };
    expect(await ask(script).answer).toMatchObject({ status: 'completed', text: 'Did you mean 2026?', totalRows: 1 });
  });

  test.each([[[]], [[text('Hm.', { phase: 'RESPONSE_PHASE_VERIFYING' })]], [[text('  ')]]])(
    'a message that says nothing is no answer: %j',
    async (attachments) => {
      expect(await codeOf(reply(...attachments))).toBe('upstream_rejected');
    },
  );
});

describe('a result', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, at) => ['WEST', String(at), null]);
  const answered = (response: object, metadata: object = {}) =>
    ask({
      [START]: [{ ...started(), message: done(query({ query_result_metadata: metadata })) }],
      [RESULT]: [response],
    }).answer;

  test('is cut to fifty rows, and says how many there are', async () => {
    const answer = await answered(result(rows(120)));
    expect(answer.rows).toHaveLength(50);
    expect(answer).toMatchObject({ totalRows: 120, truncated: true });
  });

  test.each([
    ['fifty rows are whole', result(rows(50)), {}, 50, false],
    ['at 5,000 rows there may be more', result(rows(60), { total_row_count: 5000 }), {}, 5000, true],
    ['cut by the engine', result(rows(3), { truncated: true }), {}, 3, true],
    ['cut by Genie', result(rows(3)), { row_count: 3, is_truncated: true }, 3, true],
  ])('%s', async (_, response, metadata, totalRows, truncated) => {
    expect(await answered(response, metadata)).toMatchObject({ totalRows, truncated });
  });

  test('of no rows has its columns, and no result at all', async () => {
    const none = result([]);
    Object.assign(none.statement_response, { result: {} });
    expect(await answered(none)).toMatchObject({ columns: ['region', 'deals', 'margin'], rows: [], totalRows: 0 });
  });

  test('with two columns of one name loses neither', async () => {
    const columns = ['n', 'n', 'n_2'].map((name) => ({ name, type_name: 'INT' }));
    const answer = await answered(result([['1', '2', '3']], { schema: { columns } }));
    expect(answer.rows).toEqual([{ n: 1, n_2: 2, n_2_2: 3 }]);
  });

  test('that has expired is computed anew, once', async () => {
    const pending = { statement_response: { status: { state: 'PENDING' } } };
    const { answer, places } = ask({
      [START]: [{ ...started(), message: message('QUERY_RESULT_EXPIRED', { attachments: [query()] }) }],
      [AGAIN]: [pending],
      [RESULT]: [pending, result([['WEST', '1', '1']])],
    });
    expect(await answer).toMatchObject({ totalRows: 1 });
    expect(places()).toEqual([START, AGAIN, RESULT, RESULT]);
  });

  test.each([
    ['FAILED', '42501', 'access_denied'],
    ['FAILED', '42000', 'upstream_rejected'],
    ['CANCELED', undefined, 'upstream_rejected'],
    ['CLOSED', undefined, 'upstream_rejected'],
  ])('of a statement that ended as %s %s is %s, and quotes nothing', async (state, sqlState, code) => {
    const error = { error_code: 'BAD_REQUEST', message: 'secret value 42' };
    const answer = answered({ statement_response: { status: { state, sql_state: sqlState, error } } });
    await expect(answer).rejects.toMatchObject({ code, message: expect.not.stringContaining('secret') });
  });
});

describe('a failure of Genie', () => {
  test.each([
    ['RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION', 'slow down', 'rate_limited', 12_000],
    ['RATE_LIMIT_EXCEEDED_SPECIFIED_WAIT_EXCEPTION', 'Try again in 30 seconds.', 'rate_limited', 30_000],
    ['WAREHOUSE_ACCESS_MISSING_EXCEPTION', '', 'access_denied', undefined],
    ['SQL_EXECUTION_EXCEPTION', "User does not have SELECT on Table 'a.b.c'", 'access_denied', undefined],
    ['SQL_EXECUTION_EXCEPTION', '[DIVIDE_BY_ZERO]', 'upstream_rejected', undefined],
    ['CONTENT_FILTER_EXCEPTION', '', 'upstream_rejected', undefined],
    ['UNSUPPORTED_CONVERSATION_TYPE_EXCEPTION', '', 'upstream_rejected', undefined],
    ['RETRYABLE_PROCESSING_EXCEPTION', '', 'upstream_unavailable', undefined],
    ['REPLY_PROCESS_TIMEOUT_EXCEPTION', '', 'upstream_unavailable', undefined],
    ['A_TYPE_OF_NEXT_YEAR', '', 'upstream_rejected', undefined],
  ])('%s %j is %s', async (type, error, code, retryAfterMs) => {
    const { answer } = ask({ [START]: [started()], [MESSAGE]: [failed(type, error)] });
    await expect(answer).rejects.toMatchObject({ code, retryAfterMs });
  });

  test('shows nobody what Genie wrote about it', async () => {
    const { answer } = ask({ [START]: [started()], [MESSAGE]: [failed('CONTENT_FILTER_EXCEPTION', 'row 4711')] });
    const thrown: unknown = await answer.catch((error: unknown) => error);
    expect(JSON.stringify([String(thrown), (thrown as AppError).publicMessage])).not.toContain('4711');
  });

  test('that somebody cancelled may be asked again', async () => {
    const { answer } = ask({ [START]: [started()], [MESSAGE]: [message('CANCELLED')] });
    expect(await codeOf(answer)).toBe('upstream_unavailable');
  });
});

describe('a refusal of the space', () => {
  const gone = new AppError('not_found', 'RESOURCE_DOES_NOT_EXIST');

  test('that it does not exist means that the principal may not use it', async () => {
    const { answer } = ask({ [START]: [gone] });
    expect(await codeOf(answer)).toBe('access_denied');
  });

  test.each([
    ['the conversation is gone', { space_id: 's1' }, 'not_found'],
    ['the space is closed to the principal', gone, 'access_denied'],
  ])('in a conversation: %s', async (_, space, code) => {
    const { answer } = ask({ [FOLLOW]: [gone], [`GET ${SPACE}`]: [space] }, FOLLOW_UP);
    expect(await codeOf(answer)).toBe(code);
  });

  test.each([
    [undefined, 12_000],
    [3000, 3000],
  ])('for too many questions says when to come back (%s ms)', async (retryAfterMs, expected) => {
    const limited = new AppError('rate_limited', '429', retryAfterMs === undefined ? {} : { retryAfterMs });
    await expect(ask({ [START]: [limited] }).answer).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterMs: expected,
    });
  });

  test('an answer that is none of Genie is no answer', async () => {
    expect(await codeOf(ask({ [START]: [{ ok: true }] }).answer)).toBe('upstream_unavailable');
  });
});
