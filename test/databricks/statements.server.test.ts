import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EmulatorWorld, startEmulatorWorld } from './emulator-world.ts';

let world: EmulatorWorld;
beforeAll(async () => {
  world = await startEmulatorWorld({ chunkBytes: 2000 });
});
afterAll(() => world?.stop());

interface Chunk {
  readonly data_array?: readonly (readonly (string | null)[])[];
  readonly next_chunk_index?: number;
}

/** Of a statement, or of one chunk of its result. */
interface StatementAnswer extends Chunk {
  readonly statement_id: string;
  readonly status: {
    readonly state: string;
    readonly error?: { readonly message: string };
    readonly sql_state?: string;
  };
  readonly manifest?: {
    readonly total_chunk_count: number;
    readonly total_row_count: number;
    readonly truncated: boolean;
  };
  readonly result?: Chunk;
}

const OMAR = 'omar@causeway.example';
const OLIVIA = 'olivia@causeway.example';

async function call(who: string, method: string, path: string, body?: object) {
  const response = await fetch(`${world.emulator.url}/api/2.0/sql/statements${path}`, {
    method,
    headers: { authorization: `Bearer ${world.personToken(who)}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify({ warehouse_id: 'wh-1', ...body }) }),
  });
  return { status: response.status, body: (await response.json()) as StatementAnswer };
}
const run = async (statement: string, more: object = {}, who = OMAR) =>
  (await call(who, 'POST', '', { statement, ...more })).body;

test('rows are the engine’s, as the caller, and every value is text', async () => {
  const { body } = await call(OMAR, 'POST', '', {
    statement: `SELECT count(*) AS n, count(DISTINCT region) AS regions, true AS yes, NULL AS nothing,
      max(amount) AS most, max(margin_pct) AS margin, DATE '2026-01-31' AS day FROM lakehouse.sales.deals WHERE region = :r`,
    parameters: [{ name: 'r', value: 'WEST', type: 'STRING' }],
  });
  const west = world.governed.deals.rows.filter(({ region }) => region === 'WEST');
  const most = Math.max(...west.map(({ amount }) => amount)).toFixed(2);
  expect(body).toMatchObject({
    status: { state: 'SUCCEEDED' },
    result: { data_array: [[String(west.length), '1', 'true', null, most, null, '2026-01-31']] },
    manifest: {
      schema: {
        columns: [
          { type_name: 'LONG' },
          { type_name: 'LONG' },
          { type_name: 'BOOLEAN' },
          {},
          { type_name: 'DECIMAL', type_scale: 2 },
          {},
          { type_name: 'DATE' },
        ],
      },
    },
  });
});

test('no rows are an empty result, not an empty array', async () => {
  const answer = await run(`SELECT id FROM sales.deals WHERE region = 'EAST'`);
  expect(answer).toMatchObject({ result: {}, manifest: { total_chunk_count: 0, total_row_count: 0 } });
  expect(answer.result).not.toHaveProperty('data_array');
});

test('a large result comes in chunks, whole and in order', async () => {
  const answer = await run('SELECT id FROM sales.deals ORDER BY id');
  const found = [...(answer.result?.data_array ?? [])];
  for (let next = answer.result?.next_chunk_index; next !== undefined;) {
    const path = `/${answer.statement_id}/result/chunks/${next}`;
    const { body } = await call(OMAR, 'GET', path);
    found.push(...(body.data_array ?? []));
    next = body.next_chunk_index;
  }
  const ids = world.governed.deals.rows.filter(({ region }) => region === 'WEST').map(({ id }) => [String(id)]);
  expect(found).toEqual(ids);
  expect(answer.manifest?.total_chunk_count).toBeGreaterThan(2);
});

test('a limit of rows cuts, and says so', async () => {
  expect((await run('SELECT id FROM sales.deals', { row_limit: 3 })).manifest).toMatchObject({
    total_row_count: 3,
    truncated: true,
  });
  expect((await run('SELECT 1 AS one', { row_limit: 3 })).manifest).toMatchObject({
    total_row_count: 1,
    truncated: false,
  });
});

describe('what the engine refuses is FAILED over HTTP 200', () => {
  test.each([
    ['SELECT * FROM sales_base.deals', '42501', '[INSUFFICIENT_PERMISSIONS]'],
    ['DELETE FROM sales.deals', '42501', '[INSUFFICIENT_PERMISSIONS]'],
    ['SELECT * FROM sales.nothing', '42P01', '[TABLE_OR_VIEW_NOT_FOUND]'],
    ['SELEC 1', '42601', '[PARSE_SYNTAX_ERROR]'],
    ['SELECT 1; SELECT 2', '42601', '[PARSE_SYNTAX_ERROR]'],
    ['COMMIT', '42601', '[PARSE_SYNTAX_ERROR]'],
    ['-- nothing', '42601', '[PARSE_SYNTAX_ERROR]'],
    ['SELECT :missing', '42P02', '[UNBOUND_SQL_PARAMETER]'],
    [`SELECT 'x'::int`, '22018', '[CAST_INVALID_INPUT]'],
  ])('%s', async (statement, state, name) => {
    const { status } = await run(statement);
    expect(status).toMatchObject({ state: 'FAILED', sql_state: state });
    expect(status.error?.message).toContain(name);
    expect(status.error?.message).toContain(`SQLSTATE: ${state}`);
    expect(await run('SELECT current_user() AS who')).toMatchObject({ result: { data_array: [[OMAR]] } });
  });
});

test('0s answers at once, then polling brings the result', async () => {
  const { statement_id: id, status } = await run('SELECT pg_sleep(0.3)::text AS s', { wait_timeout: '0s' });
  expect(status.state).toBe('PENDING');
  const state = async () => (await call(OMAR, 'GET', `/${id}`)).body.status.state;
  expect(['PENDING', 'RUNNING']).toContain(await state());
  await expect.poll(state, { timeout: 30_000 }).toBe('SUCCEEDED');
});

test('a cancelled statement ends in the engine too', async () => {
  const { statement_id: id } = await run('SELECT pg_sleep(60)::text AS s', { wait_timeout: '0s' });
  expect(await call(OMAR, 'POST', `/${id}/cancel`)).toMatchObject({ status: 200, body: {} });
  await expect
    .poll(async () => (await call(OMAR, 'GET', `/${id}`)).body.status.state, { timeout: 30_000 })
    .toBe('CANCELED');
});

test('somebody else’s statement does not exist', async () => {
  const { statement_id: id } = await run('SELECT 1 AS one');
  for (const [method, path] of [
    ['GET', ''],
    ['POST', '/cancel'],
    ['GET', '/result/chunks/0'],
  ] as const) {
    expect(await call(OLIVIA, method, `/${id}${path}`)).toMatchObject({ status: 404 });
  }
});

test.each([
  [{ wait_timeout: '3s' }, 400],
  [{ wait_timeout: '60s' }, 400],
  [{ warehouse_id: 'other' }, 403],
  [{ catalog: 'other' }, 400],
  [{ disposition: 'EXTERNAL_LINKS' }, 400],
  [{ parameters: [{ name: 'n', value: 'x', type: 'INT' }] }, 400],
])('a request that cannot be run is refused: %j', async (more, status) => {
  expect((await call(OMAR, 'POST', '', { statement: 'SELECT 1', ...more })).status).toBe(status);
});

test('the history knows who asked, by the tags', async () => {
  await run('SELECT 42 AS n', { query_tags: [{ key: 'request_id', value: 'r-42' }] });
  expect(world.emulator.history.at(-1)).toEqual({
    principal: OMAR,
    text: 'SELECT 42 AS n',
    tags: { request_id: 'r-42' },
  });
});
