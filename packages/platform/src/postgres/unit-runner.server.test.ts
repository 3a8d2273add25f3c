import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@causeway/core';
import { POSTGRES_KINDS, startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GovernedUnit, type UnitRequest } from './governed-unit.ts';
import { PreparedNames } from './prepared-names.ts';
import { UnitRunner } from './unit-runner.ts';

// Two logins: `gateway` as it should be, and `rich`, which may read the tables itself: with it a unit that runs as the login shows.
const SCHEMA = `
  CREATE ROLE gateway LOGIN NOINHERIT; CREATE ROLE rich LOGIN; CREATE ROLE ana; CREATE ROLE bob; CREATE ROLE outsider; CREATE ROLE boss;
  GRANT ana, bob, outsider TO gateway, rich;
  CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO ana, bob, rich;
  CREATE TABLE shop.orders (id int PRIMARY KEY, owner text);
  INSERT INTO shop.orders SELECT n, CASE WHEN n % 2 = 0 THEN 'ana' ELSE 'bob' END FROM generate_series(1, 100) n;
  ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON shop.orders USING (owner = current_user);
  GRANT SELECT ON shop.orders TO ana, bob, outsider;
  CREATE TABLE shop.open (id int); INSERT INTO shop.open VALUES (1); GRANT SELECT ON shop.open TO rich, ana, outsider;
  CREATE TABLE shop.secret (id int);
`;

const WHO = `SELECT current_user::text AS who, session_user::text AS login, current_setting('causeway.human_email') AS human,
  current_setting('statement_timeout') AS timeout, current_setting('transaction_read_only') AS read_only,
  current_setting('application_name') AS application`;

interface Ask {
  readonly role?: string;
  readonly text: string;
  readonly values?: readonly (string | null)[];
  readonly name?: string;
  readonly human?: string;
  readonly timeoutMs?: number;
  readonly rowsMax?: number;
  readonly charactersMax?: number;
}

function unitOf({ role = 'ana', text, values = [], human = 'ana@example.com', ...rest }: Ask): UnitRequest {
  return {
    role,
    timeoutMs: rest.timeoutMs ?? 5000,
    attribution: ['cw:r1', human, '{}'],
    statement: { preparedName: rest.name ?? `${role}:${text}`.slice(0, 60), text, values },
    rowsMax: rest.rowsMax ?? 1000,
    charactersMax: rest.charactersMax ?? 1_000_000,
  };
}

describe.each(POSTGRES_KINDS)('a governed unit on %s', (kind) => {
  let server: TestPostgres;
  let pool: pg.Pool;
  let control: pg.Pool;
  let runner: UnitRunner;

  beforeAll(async () => {
    server = await startTestPostgres(kind);
    await server.asAdmin((admin) => admin.query(SCHEMA));
  });
  afterAll(() => server.stop());
  beforeEach(() => use('gateway'));
  afterEach(() => Promise.all([pool.end(), control.end()]));

  function use(login: string, max = 1, preparedMax = 64): void {
    const open = (size: number) => {
      const made = new pg.Pool({ connectionString: server.urlOf('postgres', login), max: size });
      made.on('error', () => undefined);
      return made;
    };
    pool = open(max);
    control = open(1);
    runner = new UnitRunner({ pool, control, preparedMax, graceMs: 500 });
  }

  async function reuse(login: string, max = 1, preparedMax = 64): Promise<void> {
    await Promise.all([pool.end(), control.end()]);
    use(login, max, preparedMax);
  }

  async function rows(ask: Ask, signal?: AbortSignal) {
    const result = await runner.run('test', unitOf(ask), signal);
    return result.kind === 'rows' ? result.rows : result.kind;
  }

  const codeOf = (ask: Ask, signal?: AbortSignal) =>
    rows(ask, signal).then(
      (found) => found,
      (error: unknown) => (error instanceof AppError ? error.code : error),
    );

  /** What the next user of the connection would find. */
  async function connectionState() {
    const client = await pool.connect();
    try {
      const { rows: found } = await client.query(
        `SELECT current_user::text AS who, current_setting('role') AS role, current_setting('statement_timeout') AS timeout,
          coalesce(current_setting('causeway.human_email', true), '') AS human, current_setting('application_name') AS application,
          pg_backend_pid() AS pid`,
      );
      const { pid, ...state } = found[0];
      return { ...state, status: client.getTransactionStatus(), pid };
    } finally {
      client.release();
    }
  }
  const clean = (login = 'gateway') => ({
    who: login,
    role: 'none',
    timeout: '0',
    human: '',
    application: '',
    status: 'I',
  });

  test('runs as the role, read-only, with the human and the request on it', async () => {
    expect(await rows({ text: WHO })).toEqual([
      { who: 'ana', login: 'gateway', human: 'ana@example.com', timeout: '5s', read_only: 'on', application: 'cw:r1' },
    ]);
    expect(await connectionState()).toMatchObject(clean());
  });

  test.each([
    ['a role that does not exist', 'nosuch'],
    ['a role that was not granted', 'boss'],
    ['a predefined role', 'pg_read_all_data'],
    ['none, which means the login itself', 'none'],
    ['an empty role', ''],
  ])('never runs as %s, even when the login could read the table', async (_, role) => {
    await reuse('rich');
    const refusal = await codeOf({ role, text: 'SELECT id FROM shop.open' });
    expect(refusal).toBe(role === 'none' ? 'internal' : 'exchange_denied');
    expect(await connectionState()).toMatchObject(clean('rich'));
    expect(pool.totalCount).toBe(1);
  });

  test('takes a human with quotes and SQL in the name as a value', async () => {
    await reuse('rich');
    const human = `O'Brien"; RESET ROLE; --`;
    expect(await rows({ text: WHO, human })).toMatchObject([{ who: 'ana', human }]);
  });

  test('runs nothing when BEGIN fails', async () => {
    await reuse('rich');
    const client = await pool.connect();
    // A connection on which nothing was prepared: BEGIN answers with an error.
    const unit = new GovernedUnit(new PreparedNames(8), unitOf({ text: 'SELECT id FROM shop.open' }));
    client.query(unit);
    await expect(unit.settled).rejects.toMatchObject({ step: 'begin' });
    client.release();
    expect(await connectionState()).toMatchObject(clean('rich'));
  });

  test('gives each role its own rows on one connection, in turn', async () => {
    for (let turn = 0; turn < 8; turn++) {
      const role = turn % 2 === 0 ? 'ana' : 'bob';
      const found = await rows({ role, text: 'SELECT DISTINCT owner FROM shop.orders' });
      expect(found).toEqual([{ owner: role }]);
    }
    expect(pool.totalCount).toBe(1);
  });

  // Schema USAGE is checked only when a statement is parsed: under a shared name the second of these would read the table.
  test('a role without the schema is refused although another role had the same text prepared', async () => {
    const text = 'SELECT count(*) AS n FROM shop.open';
    expect(await codeOf({ role: 'ana', text })).toEqual([{ n: 1 }]);
    expect(await codeOf({ role: 'outsider', text })).toBe('access_denied');
  });

  test.each([
    ['an insert', 'INSERT INTO shop.orders VALUES (1000, $1) RETURNING id', ['ana'], 'internal'],
    ['several statements', 'SELECT 1; COMMIT; SELECT current_user', [], 'internal'],
    ['a data-modifying CTE', 'WITH gone AS (DELETE FROM shop.orders RETURNING id) SELECT * FROM gone', [], 'internal'],
    ['a temporary table', 'CREATE TEMP TABLE t (id int)', [], 'internal'],
    ['COMMIT', 'COMMIT', [], 'internal'],
    ['ROLLBACK', 'ROLLBACK', [], 'internal'],
    ['RESET ROLE', 'RESET ROLE', [], 'internal'],
    ['SET ROLE', 'SET ROLE bob', [], 'internal'],
    ['COPY TO STDOUT', 'COPY (SELECT 1) TO STDOUT', [], 'internal'],
    ['COPY FROM STDIN', 'COPY shop.open FROM STDIN', [], 'access_denied'],
    ['COPY TO PROGRAM', `COPY (SELECT 1) TO PROGRAM 'id'`, [], 'access_denied'],
    ['DO', 'DO $$ BEGIN PERFORM 1; END $$', [], 'internal'],
    ['an empty statement', '', [], 'internal'],
    ['a comment only', '/* nothing */', [], 'internal'],
    ['EXPLAIN', 'EXPLAIN SELECT * FROM shop.orders', [], 'internal'],
    ['a lock', 'LOCK TABLE shop.open', [], 'access_denied'],
    ['DISCARD', 'DISCARD ALL', [], 'internal'],
    ['a listener', 'LISTEN something', [], 'internal'],
  ])('refuses %s as the statement, and stays clean', async (_, text, values, code) => {
    expect(await codeOf({ text, values })).toBe(code);
    expect(await connectionState()).toMatchObject(clean());
    expect(await rows({ text: 'SELECT count(*) AS n FROM shop.orders' })).toEqual([{ n: 50 }]);
  });

  test.each(['role', 'causeway.human_email', 'statement_timeout'])(
    'a %s that the statement sets for the session does not outlive the unit',
    async (setting) => {
      await rows({
        text: `SELECT set_config($1, $2, false) AS s`,
        values: [setting, setting === 'statement_timeout' ? '7' : 'bob'],
      });
      expect(await connectionState()).toMatchObject(clean());
    },
  );

  test.each([
    ['a division by zero', 'SELECT 1/0 AS x', 'internal'],
    ['a malformed value', `SELECT $1::int AS x`, 'invalid_request'],
    ['a value with a NUL', `SELECT $1::text AS x`, 'invalid_request'],
    ['a table that is not there', 'SELECT * FROM shop.nosuch', 'internal'],
    ['a table without the right', 'SELECT * FROM shop.secret', 'access_denied'],
  ])('maps %s, keeps the connection and leaves nothing behind', async (_, text, code) => {
    const before = await connectionState();
    expect(await codeOf({ text, values: text.includes('$1') ? [text.includes('int') ? 'x12' : 'a\0b'] : [] })).toBe(
      code,
    );
    expect(await connectionState()).toEqual(before);
  });

  test('an error tells the log what happened, without the value that was sent', async () => {
    const error = await runner.run('by_id', unitOf({ text: 'SELECT $1::int AS x', values: ['s3cret'] })).catch(String);
    expect(error).toContain('Postgres 22P02 in step query of statement by_id as ana');
    expect(error).not.toContain('s3cret');
  });

  test('stops at the timeout, and the connection serves the next call', async () => {
    const before = await connectionState();
    expect(await codeOf({ text: 'SELECT pg_sleep(5)::text AS s', timeoutMs: 100 })).toBe('upstream_timeout');
    expect(await connectionState()).toEqual(before);
  });

  test('an abort stops the backend, and the connection serves the next call', async () => {
    const before = await connectionState();
    const abort = new AbortController();
    const answer = codeOf({ text: 'SELECT pg_sleep(30)::text AS s', timeoutMs: 60_000 }, abort.signal);
    await busy(before['pid']);
    abort.abort(new AppError('rate_limited', 'the caller’s own reason'));
    expect(await answer).toBe('rate_limited');
    expect(await connectionState()).toEqual(before);
  });

  test('an abort before the call runs nothing', async () => {
    expect(await codeOf({ text: 'SELECT 1 AS x' }, AbortSignal.abort())).toBe('upstream_timeout');
    expect(pool.totalCount).toBe(0);
  });

  test('an abort while waiting for a connection gives the connection to the next one', async () => {
    const abort = new AbortController();
    const held = await pool.connect();
    const answer = codeOf({ text: 'SELECT 1 AS x' }, abort.signal);
    abort.abort();
    expect(await answer).toBe('upstream_timeout');
    held.release();
    expect(await rows({ text: 'SELECT 1 AS x' })).toEqual([{ x: 1 }]);
  });

  test('a cancel that is slow on its way hits nobody else', async () => {
    const slow = { query: (text: string, values: unknown[]) => delay(100).then(() => control.query(text, values)) };
    runner = new UnitRunner({ pool, control: slow as unknown as pg.Pool, preparedMax: 64, graceMs: 500 });
    const abort = new AbortController();
    const first = codeOf({ text: 'SELECT pg_sleep(0.05)::text AS s' }, abort.signal);
    const second = rows({ text: `SELECT pg_sleep(0.3) IS NULL AS s` });
    setTimeout(() => abort.abort(), 20);
    await first;
    expect(await second).toEqual([{ s: false }]);
    expect(pool.totalCount).toBe(1);
  });

  test('a server that does not answer to a cancel loses its connection, and the caller does not wait', async () => {
    const deaf = { query: () => new Promise(() => undefined) };
    runner = new UnitRunner({ pool, control: deaf as unknown as pg.Pool, preparedMax: 64, graceMs: 100 });
    const answer = codeOf({ text: 'SELECT pg_sleep(30)::text AS s' }, AbortSignal.timeout(100));
    expect(await answer).toBe('upstream_timeout');
    expect(pool.totalCount).toBe(0);
  });

  async function busy(pid: unknown): Promise<void> {
    for (;;) {
      const active = await server.asAdmin((admin) =>
        admin.query(`SELECT FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND wait_event = 'PgSleep'`, [
          pid,
        ]),
      );
      if (active.rowCount === 1) return;
      await delay(10);
    }
  }

  test('a killed backend is upstream_unavailable, and the next call has a new connection', async () => {
    const before = await connectionState();
    const answer = codeOf({ text: 'SELECT pg_sleep(30)::text AS s', timeoutMs: 60_000 });
    await busy(before['pid']);
    await server.asAdmin((admin) => admin.query('SELECT pg_terminate_backend($1)', [before['pid']]));
    expect(await answer).toBe('upstream_unavailable');
    const after = await connectionState();
    expect(after).toMatchObject(clean());
    expect(after['pid']).not.toBe(before['pid']);
  });

  test('a connection that was given back inside a transaction as another role changes nothing for the next call', async () => {
    const client = await pool.connect();
    await client.query(`BEGIN; SET LOCAL ROLE bob`);
    client.release();
    expect(await codeOf({ text: 'SELECT DISTINCT owner FROM shop.orders' })).toEqual([{ owner: 'ana' }]);
    expect(await connectionState()).toMatchObject(clean());
  });

  test('more rows than allowed are refused, not cut, and the rest is not fetched', async () => {
    // Two thousand million rows: whoever fetched them would run into the timeout.
    expect(await rows({ text: 'SELECT generate_series(1, 2000000000) AS n', rowsMax: 10, timeoutMs: 2000 })).toBe(
      'too_large',
    );
    expect(await rows({ text: 'SELECT n FROM generate_series(1, 10) n', rowsMax: 10 })).toHaveLength(10);
    expect(await rows({ text: 'SELECT n FROM generate_series(1, 11) n', rowsMax: 10 })).toBe('too_large');
    expect(await connectionState()).toMatchObject(clean());
  });

  test('more text than allowed are refused', async () => {
    const text = `SELECT repeat('x', 1000) AS x FROM generate_series(1, 20)`;
    expect(await rows({ text, charactersMax: 10_000 })).toBe('too_large');
    expect(await rows({ text, charactersMax: 20_000 })).toHaveLength(20);
  });

  test('a relation that is rebuilt under a prepared statement is read anew', async () => {
    await server.asAdmin((admin) =>
      admin.query('CREATE TABLE shop.changing AS SELECT 1 AS a; GRANT SELECT ON shop.changing TO ana'),
    );
    const ask = { text: 'SELECT * FROM shop.changing' };
    expect(await rows(ask)).toEqual([{ a: 1 }]);
    await server.asAdmin((admin) => admin.query(`ALTER TABLE shop.changing ADD b text DEFAULT 'new'`));
    expect(await rows(ask)).toEqual([{ a: 1, b: 'new' }]);
    await server.asAdmin((admin) => admin.query('DROP TABLE shop.changing'));
  });

  test('prepared statements of one connection stay bounded, whatever fails', async () => {
    await reuse('gateway', 1, 8);
    for (let n = 0; n < 40; n++)
      await codeOf({ name: `s${n}`, text: n % 3 === 0 ? 'SELECT 1/0 AS x' : `SELECT ${n} AS n` });
    const client = await pool.connect();
    const { rows: found } = await client.query('SELECT count(*)::int AS n FROM pg_prepared_statements');
    client.release();
    // The three of the frame, and eight at most.
    expect(found[0].n).toBeLessThanOrEqual(11);
    expect(await rows({ name: 's1', text: 'SELECT 1 AS n' })).toEqual([{ n: 1 }]);
  });

  test('values come back as JSON can carry them, whatever the server’s own DateStyle and zone', async () => {
    const text = `SELECT 12.50::numeric(10,2) AS amount, 123456789012345678901.5::numeric AS huge, 42::bigint AS small,
      9007199254740993::bigint AS big, DATE '2026-02-03' AS day, TIMESTAMPTZ '2026-02-03 04:05:06.7+05:30' AS at, true AS yes,
      NULL::text AS nothing, ARRAY['a','b'] AS list, '{"k":[1]}'::jsonb AS doc, 'NaN'::float8 AS nan, 0.00::numeric AS zero, -0.05::numeric AS less`;
    expect(await rows({ text })).toEqual([
      {
        amount: 12.5,
        huge: '123456789012345678901.5',
        small: 42,
        big: '9007199254740993',
        day: '2026-02-03',
        at: '2026-02-02T22:35:06.7Z',
        yes: true,
        nothing: null,
        list: ['a', 'b'],
        doc: { k: [1] },
        nan: 'NaN',
        zero: 0,
        less: -0.05,
      },
    ]);
  });

  test('2,000 mixed calls on 4 connections: no row under another role or human', async () => {
    await reuse('gateway', 4);
    let next = 0;
    const wrong: unknown[] = [];
    const worker = async () => {
      while (next < 2000) {
        const n = next++;
        const human = `h${n}`;
        const role = n % 2 === 0 ? 'ana' : 'bob';
        const [ask, expected] = [
          [{ role: 'nosuch', text: WHO }, 'exchange_denied'],
          [{ role, text: 'SELECT pg_sleep(0.02)::text AS s', timeoutMs: 1 }, 'upstream_timeout'],
          [{ role, text: 'SELECT 1/0 AS x' }, 'internal'],
          [
            { role, text: WHO },
            { who: role, human },
          ],
          [
            { role, text: WHO },
            { who: role, human },
          ],
        ][n % 5] as [Ask, unknown];
        const answer = await codeOf({ ...ask, human });
        const seen = Array.isArray(answer) ? { who: answer[0].who, human: answer[0].human } : answer;
        if (JSON.stringify(seen) !== JSON.stringify(expected)) wrong.push({ n, expected, answer });
      }
    };
    await Promise.all(Array.from({ length: 32 }, worker));
    expect(wrong).toEqual([]);
    expect(pool.totalCount).toBe(4);
  });
});
