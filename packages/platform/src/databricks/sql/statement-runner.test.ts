import { AppError } from '@causeway/core';
import { describe, expect, test } from 'vitest';
import type { WorkspaceCall } from '../workspace-call.ts';
import { StatementRunner } from './statement-runner.ts';

const PATH = '/api/2.0/sql/statements';
const columns = [{ name: 'id', type_name: 'INT' }];
const state = (name: string, more: object = {}) => ({ statement_id: 's1', status: { state: name }, ...more });
const succeeded = (result: object, truncated = false) =>
  state('SUCCEEDED', { manifest: { schema: { columns }, truncated }, result });

type Reply = unknown;

/** A warehouse that says these things in turn, each to `METHOD path`. */
function warehouse(replies: readonly Reply[]) {
  const asked: WorkspaceCall[] = [];
  const sleeps: number[] = [];
  const left = [...replies];
  const runner = new StatementRunner({
    calls: {
      json: async (call) => {
        asked.push(call);
        if (call.path.endsWith('/cancel')) return {};
        const reply = left.shift();
        return typeof reply === 'function' ? (reply() as unknown) : reply;
      },
    },
    warehouseId: 'w1',
    scope: 'sql',
    sleep: async (ms, signal) => {
      sleeps.push(ms);
      signal?.throwIfAborted();
    },
  });
  return { runner, asked, sleeps, places: () => asked.map(({ method = 'GET', path }) => `${method} ${path}`) };
}

const request = (more: object = {}) => ({
  name: 'x',
  text: 'SELECT :p1',
  parameters: [{ name: 'p1', type: 'INT', value: '1' }],
  tags: [{ key: 'request_id', value: 'r1' }],
  rowLimit: 11,
  byteLimit: 1000,
  signal: new AbortController().signal,
  repeatable: true,
  ...more,
});

test('text and values are sent apart, with the limits and the tags', async () => {
  const { runner, asked } = warehouse([succeeded({ data_array: [['1'], [null]] })]);
  expect(await runner.run(request())).toEqual({ columns, rows: [['1'], [null]], truncated: false });
  expect(asked).toMatchObject([
    {
      method: 'POST',
      path: PATH,
      scope: 'sql',
      repeatable: true,
      body: {
        statement: 'SELECT :p1',
        warehouse_id: 'w1',
        parameters: [{ name: 'p1', type: 'INT', value: '1' }],
        row_limit: 11,
        byte_limit: 1000,
        query_tags: [{ key: 'request_id', value: 'r1' }],
        on_wait_timeout: 'CONTINUE',
      },
    },
  ]);
});

test.each([
  ['no rows', succeeded({}), []],
  ['no result at all', state('SUCCEEDED'), []],
  ['rows that are null', succeeded({ data_array: null }), []],
])('%s is an empty answer', async (_, reply, rows) => {
  expect((await warehouse([reply]).runner.run(request())).rows).toEqual(rows);
});

test('it is looked for until it has ended, less and less often; a state of tomorrow is no end', async () => {
  const replies = ['PENDING', 'RUNNING', 'QUEUED_ANEW', 'RUNNING', 'RUNNING', 'RUNNING'].map((one) => state(one));
  const { runner, sleeps, places } = warehouse([...replies, succeeded({ data_array: [['1']] })]);
  expect((await runner.run(request())).rows).toEqual([['1']]);
  expect(sleeps).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
  expect(new Set(places().slice(1))).toEqual(new Set([`GET ${PATH}/s1`]));
});

describe('a result in parts', () => {
  test('is read to its end', async () => {
    const { runner, places } = warehouse([
      succeeded({ data_array: [['1']], next_chunk_index: 1 }),
      { data_array: [['2']], next_chunk_index: 2 },
      { data_array: [['3']] },
    ]);
    expect((await runner.run(request())).rows).toEqual([['1'], ['2'], ['3']]);
    expect(places().slice(1)).toEqual([`GET ${PATH}/s1/result/chunks/1`, `GET ${PATH}/s1/result/chunks/2`]);
  });

  test.each([
    ['points back, and would be read for ever', [{ next_chunk_index: 1 }, { next_chunk_index: 1 }], 2],
    ['leaves a part out', [{ next_chunk_index: 1 }, { next_chunk_index: 3 }], 2],
    ['leaves the first part out', [{ next_chunk_index: 2 }], 1],
  ])('that %s is no answer: rows would be missing, and nobody would know', async (_, parts, calls) => {
    const [first, ...more] = parts.map((part) => ({ data_array: [['1']], ...part }));
    const { runner, asked } = warehouse([succeeded(first ?? {}), ...more, { data_array: [['9']] }]);
    await expect(runner.run(request())).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(asked).toHaveLength(calls);
  });

  test.each([
    ['fewer rows than it says', { data_array: [['1']] }, 2],
    ['a row that is too short: its last cell would read as NULL', { data_array: [['1'], []] }, undefined],
    ['a row that is too long', { data_array: [['1', '2']] }, undefined],
  ])('with %s is no answer', async (_, result, total_row_count) => {
    const reply = state('SUCCEEDED', { manifest: { schema: { columns }, total_row_count }, result });
    await expect(warehouse([reply]).runner.run(request())).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  test('with more rows than fit on a stack is read', async () => {
    const many = Array.from({ length: 300_000 }, () => ['1']);
    const { runner } = warehouse([succeeded({ next_chunk_index: 1 }), { data_array: many }]);
    expect((await runner.run(request({ rowLimit: 400_000 }))).rows).toHaveLength(300_000);
  });

  test('that is larger than any answer may be is not gathered', async () => {
    const long = [['x'.repeat(12 * 1024 * 1024)]];
    const { runner, asked } = warehouse([
      succeeded({ data_array: long, next_chunk_index: 1 }),
      { data_array: long, next_chunk_index: 2 },
      { data_array: long, next_chunk_index: 3 },
      { data_array: long },
    ]);
    await expect(runner.run(request())).rejects.toMatchObject({ code: 'upstream_rejected' });
    expect(asked).toHaveLength(3);
  });

  test('is not read beyond what is asked for', async () => {
    const { runner, asked } = warehouse([succeeded({ data_array: [['1'], ['2']], next_chunk_index: 1 })]);
    await runner.run(request({ rowLimit: 2 }));
    expect(asked).toHaveLength(1);
  });
});

test('that it was cut is said', async () => {
  expect((await warehouse([succeeded({ data_array: [] }, true)]).runner.run(request())).truncated).toBe(true);
});

test('a failure is one, although HTTP calls it a success', async () => {
  const reply = state('FAILED', { status: { state: 'FAILED', error: { message: '[X] SQLSTATE: 42501' } } });
  await expect(warehouse([reply]).runner.run(request())).rejects.toMatchObject({ code: 'access_denied' });
});

test('an answer that is none is an outage, and quotes nothing', async () => {
  const { runner } = warehouse([{ statement_id: 5, rows: 'hunter2' }]);
  await expect(runner.run(request())).rejects.toMatchObject({
    code: 'upstream_unavailable',
    message: expect.not.stringContaining('hunter2'),
  });
});

describe('nobody waits any more', () => {
  const gone = new AppError('upstream_timeout', 'gone');
  const settled = () => new Promise(setImmediate);

  test('while it is being looked for: it is cancelled', async () => {
    const abort = new AbortController();
    const { runner, places } = warehouse([
      state('RUNNING'),
      () => {
        abort.abort(gone);
        return state('RUNNING');
      },
    ]);
    await expect(runner.run(request({ signal: abort.signal }))).rejects.toBe(gone);
    expect(places().at(-1)).toBe(`POST ${PATH}/s1/cancel`);
  });

  test('because it cannot be looked for: it is cancelled', async () => {
    const lost = new AppError('upstream_unavailable', 'lost');
    const { runner, places } = warehouse([state('RUNNING'), () => Promise.reject(lost)]);
    await expect(runner.run(request())).rejects.toBe(lost);
    expect(places().at(-1)).toBe(`POST ${PATH}/s1/cancel`);
  });

  test('before it has a name: it is cancelled when it has one', async () => {
    const abort = new AbortController();
    const submitted = Promise.withResolvers<unknown>();
    const { runner, places } = warehouse([submitted.promise]);
    const running = runner.run(request({ signal: abort.signal }));
    abort.abort(gone);
    await expect(running).rejects.toBe(gone);
    expect(places()).toEqual([`POST ${PATH}`]);
    submitted.resolve(state('PENDING'));
    await settled();
    expect(places()).toEqual([`POST ${PATH}`, `POST ${PATH}/s1/cancel`]);
  });

  test('and it has ended by then: there is nothing to cancel', async () => {
    const abort = new AbortController();
    const submitted = Promise.withResolvers<unknown>();
    const { runner, places } = warehouse([submitted.promise]);
    const running = runner.run(request({ signal: abort.signal }));
    abort.abort(gone);
    await expect(running).rejects.toBe(gone);
    submitted.resolve(succeeded({}));
    await settled();
    expect(places()).toEqual([`POST ${PATH}`]);
  });

  test('for a reason that is none of the table: it took too long', async () => {
    const { runner } = warehouse([]);
    const signal = AbortSignal.abort(new DOMException('late', 'TimeoutError'));
    await expect(runner.run(request({ signal }))).rejects.toMatchObject({ code: 'upstream_timeout' });
  });

  test('before it is sent: it is not', async () => {
    const { runner, asked } = warehouse([]);
    await expect(runner.run(request({ signal: AbortSignal.abort(gone) }))).rejects.toBe(gone);
    expect(asked).toEqual([]);
  });
});
