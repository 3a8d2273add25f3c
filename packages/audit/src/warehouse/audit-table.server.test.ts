import { Secret } from '@causeway/core';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { createRecords, createTestTrail, type TestTrail } from '../testing/test-trail.ts';
import { PostgresAuditTable } from './audit-table.ts';
import { storeBatch } from './store-batch.ts';
import { withReader } from './stored-row.ts';
import { UnfaithfulAnswer } from './witness.ts';

let server: TestPostgres;
let trail: TestTrail;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  trail = await createTestTrail(server.url, temporaryFolder());
});
afterEach(() => trail.close());

const count = async (table: string) =>
  Number((await trail.admin(`SELECT count(*) FROM audit_base.${table}`))[0]?.['count']);

describe('audit.append', () => {
  test('a batch that comes again changes nothing, and says where its rows are', async () => {
    const records = createRecords().many(5);
    const first = await trail.table.append('main', records, []);
    const again = await trail.table.append('main', records, []);
    expect(first).toMatchObject({ stored: 5, appended: [{ from: 1, chainSeq: 5 }], found: [] });
    expect(again).toEqual({ stored: 0, appended: [], found: first.appended });
    expect(await count('tool_calls')).toBe(5);
  });

  test('of a batch that is known in part, the rest is stored in its order', async () => {
    const { many } = createRecords();
    const records = many(6);
    const known = [records[1], records[4]].filter((record) => record !== undefined);
    await trail.table.append('main', known, []);
    expect(await trail.table.append('main', records, [])).toMatchObject({
      stored: 4,
      appended: [{ from: 3, chainSeq: 6 }],
      found: [{ from: 1, chainSeq: 2 }],
    });
    const rows = await trail.admin('SELECT producer_seq::int AS n FROM audit_base.tool_calls ORDER BY chain_seq');
    expect(rows.map(({ n }) => n)).toEqual([2, 5, 1, 3, 4, 6]);
  });

  test('the same record twice in a batch is one row', async () => {
    const record = createRecords().one();
    expect(await trail.table.append('main', [record, record], [])).toMatchObject({ stored: 1 });
  });

  test('two writers at once make one chain without a gap', async () => {
    const batches = Array.from({ length: 40 }, () => createRecords().many(5));
    await Promise.all(batches.map((records) => trail.store(records)));
    expect(await trail.verify()).toMatchObject({ ok: true, rows: 200, problems: [] });
  });

  test('months have partitions of their own, made when they are needed', async () => {
    const times = ['2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00.000Z', '2026-04-15T12:00:00.000Z'];
    const records = times.map((time) => createRecords(() => Date.parse(time)).one());
    await trail.store(records);
    const rows = await trail.admin(
      'SELECT tableoid::regclass::text AS name FROM audit_base.tool_calls ORDER BY event_id',
    );
    expect(rows.map(({ name }) => name)).toEqual(
      ['2026_01', '2026_02', '2026_04'].map((month) => `audit_base.tool_calls_${month}`),
    );
    expect(await trail.verify()).toMatchObject({ ok: true, rows: 3 });
  });

  test('everything that a record can hold comes back as it was', async () => {
    const { one } = createRecords();
    const strange = '{"a":"1"}\\ \u2028 \u{1F600} ‮ \t "quoted" \' ; --';
    await trail.store([
      one({ arguments: { z: 1e21, a: 1e-7, n: [null, true, { y: -0, x: strange }], [strange]: 0.1 + 0.2 } }),
      one({ maskedColumns: ['a,b', '"c"', '{d}', 'NULL', '', strange], latencyMs: 123456789.123 }),
      one({ maskedColumns: [], statement: strange, rowsReturned: 2 ** 52, arguments: {} }),
    ]);
    expect(await trail.verify()).toMatchObject({ ok: true, rows: 3, problems: [] });
  });
});

describe('what the database answers is computed again', () => {
  test('a function that stores other hashes is found out, and the batch stays unconfirmed', async () => {
    const [row] = await trail.admin(`SELECT pg_get_functiondef('audit.append'::regproc) AS text`);
    const altered = String(row?.['text']).replace('v_hash := sha256(v_hash ||', String.raw`v_hash := sha256('\x00' ||`);
    await trail.admin(altered);
    const records = createRecords().many(3);
    await expect(trail.store(records)).rejects.toThrow(UnfaithfulAnswer);
    await expect(trail.store(records), 'when it is tried again').rejects.toThrow(UnfaithfulAnswer);
  });

  test('a row that was changed and hashed anew before its worker signed is not signed by the next attempt', async () => {
    const records = createRecords().many(3);
    await trail.table.append('main', records, []);
    await trail.admin(`ALTER TABLE audit_base.tool_calls DISABLE TRIGGER USER;
      UPDATE audit_base.tool_calls SET reason = 'other', hash = sha256(hash) WHERE chain_seq = 2`);
    await expect(trail.store(records)).rejects.toThrow(UnfaithfulAnswer);
  });
});

describe('poison', () => {
  // A producer cleans such a name away; the worker does not rely on it.
  const NUL = { arguments: { ['a\0b']: 1 } };

  test('one record that the database refuses does not stop the others, and is kept with the reason', async () => {
    const { one, producer } = createRecords();
    const records = [one(), one(), { ...one(), ...NUL }, one(), one()];
    const batch = { chain: 'main', id: 'b', producer, records, poison: [] };
    const stored = await storeBatch(trail.table, batch);
    expect(stored).toMatchObject({ stored: 4, buried: 1, given: 4 });
    expect(await storeBatch(trail.table, batch)).toMatchObject({ stored: 0 });
    const dead = await trail.admin(
      'SELECT producer, producer_seq::int AS seq, reason, content FROM audit_base.dead_letters',
    );
    expect(dead).toMatchObject([{ producer, seq: 3, reason: expect.stringContaining('the database refuses it') }]);
    expect(JSON.parse(String(dead[0]?.['content']))).toMatchObject({ producer_seq: 3 });
  });

  test('an id that belongs to another event is no duplicate but a dead letter', async () => {
    const first = createRecords();
    const record = first.one();
    await trail.store([record]);
    const other = createRecords();
    const thief = { ...other.one(), event_id: record.event_id };
    const batch = { chain: 'main', id: 'b', producer: other.producer, records: [thief, other.one()], poison: [] };
    expect(await storeBatch(trail.table, batch)).toMatchObject({ stored: 1, buried: 1 });
    const [letter] = await trail.admin('SELECT reason FROM audit_base.dead_letters');
    expect(letter?.['reason']).toContain('the event id belongs to another event');
  });

  test.each(['2099-01-01T00:00:00Z', '1999-01-01T00:00:00Z'])('an id of %s makes no partition', async (time) => {
    const { one, producer } = createRecords(() => Date.parse(time));
    const batch = { chain: 'main', id: 'b', producer, records: [one()], poison: [] };
    expect(await storeBatch(trail.table, batch)).toMatchObject({ stored: 0, buried: 1 });
    expect(await trail.admin(`SELECT FROM pg_inherits WHERE inhparent = 'audit_base.tool_calls'::regclass`)).toEqual(
      [],
    );
  });

  test('batches that nobody signed fill nothing: a hundred an hour are kept', async () => {
    const letters = Array.from({ length: 130 }, (_, n) => ({ batch: `b${n}`, reason: 'forged', content: 'x' }));
    for (const letter of letters) await trail.table.append('main', [], [letter]);
    expect(await count('dead_letters')).toBe(100);
  });

  test('a database that is away is no reason to bury anything', async () => {
    const url = new Secret('postgres://nobody@127.0.0.1:1/nothing');
    const away = new PostgresAuditTable({ url, connectionsMax: 1, report: () => undefined });
    const { many, producer } = createRecords();
    const batch = { chain: 'main', id: 'b', producer, records: many(2), poison: [] };
    await expect(storeBatch(away, batch)).rejects.toThrow('ECONNREFUSED');
    await away.close();
  });
});

describe('rights', () => {
  const tryAs = (url: string, text: string) =>
    withReader(url, (client) => client.query(text)).then(
      () => 'allowed',
      (error: Error) => error.message,
    );

  test.each([
    'SELECT event_id FROM audit_base.tool_calls',
    `INSERT INTO audit_base.chains VALUES ('x', 1, '')`,
    'UPDATE audit_base.tool_calls SET kind = kind',
    'DELETE FROM audit_base.tool_calls',
    'TRUNCATE audit_base.tool_calls',
    'SELECT audit_base.month_of(gen_random_uuid())',
    `SELECT audit_base.bury('[]')`,
    'CREATE TABLE audit.mine ()',
    'CREATE TABLE audit_base.mine ()',
    'SET ROLE causeway_audit',
  ])('the worker may not: %s', async (text) => {
    await trail.store(createRecords().many(1));
    expect(await tryAs(trail.workerUrl, text)).toContain('permission denied');
  });

  test.each([
    'UPDATE audit_base.tool_calls SET kind = kind',
    'DELETE FROM audit_base.dead_letters',
    `SELECT audit.append('x', '{}', '[]', '', '[]')`,
  ])('the reader may not: %s', async (text) => {
    expect(await tryAs(trail.readerUrl, text)).toContain('permission denied');
  });

  test.each(['UPDATE %s SET kind = kind', 'DELETE FROM %s', 'TRUNCATE %s'])(
    'not even the administrator by a slip: %s',
    async (text) => {
      await trail.store(createRecords().many(1));
      const [{ name } = { name: '' }] = await trail.admin(
        'SELECT DISTINCT tableoid::regclass::text AS name FROM audit_base.tool_calls',
      );
      for (const table of ['audit_base.tool_calls', String(name)]) {
        expect(await tryAs(trail.adminUrl, text.replace('%s', table))).toContain('append-only');
      }
      expect(await count('tool_calls')).toBe(1);
    },
  );

  describe('a login that may do more than hand in batches stores nothing', () => {
    const refusal = async (url: string) => {
      const said: unknown[] = [];
      const report = (error: unknown) => said.push(error);
      const table = new PostgresAuditTable({ url: new Secret(url), connectionsMax: 1, report });
      const asked = await table.ping().catch((error: unknown) => error);
      const stored = await table.append('main', createRecords().many(1), []).catch((error: unknown) => error);
      await table.close();
      expect(await count('tool_calls')).toBe(0);
      expect(asked).toMatchObject({
        code: 'config_invalid',
        // What the login is called is no cure: it may be the right one, with a grant too many.
        publicMessage: expect.stringMatching(/take from it, or from PUBLIC, what the log names/),
      });
      expect(stored).toEqual(asked);
      expect(said).toEqual([asked, stored]);
      return String(asked);
    };

    test('a superuser', async () => {
      expect(await refusal(trail.adminUrl)).toMatch(/the database login is superuser/);
    });

    const BEYOND = [
      ['GRANT causeway_audit TO $', 'may become causeway_audit'],
      ['GRANT causeway_audit_reader TO $', 'may become causeway_audit_reader'],
      ['GRANT pg_read_all_data TO $', 'may become pg_read_all_data'],
      ['ALTER ROLE $ BYPASSRLS', 'bypasses row security'],
      ['ALTER ROLE $ CREATEROLE', 'may create roles'],
      ['ALTER ROLE $ CREATEDB', 'may create databases'],
      ['ALTER ROLE $ REPLICATION', 'may replicate'],
      ['GRANT DELETE ON audit_base.tool_calls TO $', 'may DELETE on audit_base.tool_calls'],
      ['GRANT SELECT (kind) ON audit_base.tool_calls TO $', 'may SELECT on audit_base.tool_calls (kind)'],
      ['GRANT UPDATE (hash) ON audit_base.chains TO $', 'may UPDATE on audit_base.chains (hash)'],
      ['GRANT TRUNCATE ON audit_base.tool_calls_2026_01 TO $', 'may TRUNCATE on audit_base.tool_calls_2026_01'],
      [
        'GRANT SELECT (role) ON audit_base.tool_calls_2026_01 TO $',
        'may SELECT on audit_base.tool_calls_2026_01 (role)',
      ],
      [
        'GRANT INSERT ON audit_base.dead_letters TO PUBLIC',
        'may INSERT on audit_base.dead_letters, as everybody may (PUBLIC)',
      ],
      ['CREATE VIEW audit.calls AS SELECT 1; GRANT SELECT ON audit.calls TO $', 'may SELECT on audit.calls'],
      ['CREATE SEQUENCE audit_base.n; GRANT USAGE ON SEQUENCE audit_base.n TO $', 'may USAGE on audit_base.n'],
      ['GRANT CREATE ON SCHEMA audit TO $', 'may CREATE on schema audit'],
      ['GRANT USAGE ON SCHEMA audit_base TO $', 'may USAGE on schema audit_base'],
      [
        `DO 'BEGIN EXECUTE format(''GRANT CREATE ON DATABASE %I TO $'', current_database()); END'`,
        'may CREATE on the database',
      ],
      ['GRANT EXECUTE ON FUNCTION audit_base.bury(json) TO $', 'may EXECUTE on function audit_base.bury(json)'],
      [
        'CREATE FUNCTION audit.added() RETURNS int RETURN 1',
        'may EXECUTE on function audit.added(), as everybody may (PUBLIC)',
      ],
      [
        'GRANT EXECUTE ON FUNCTION audit.append TO $ WITH GRANT OPTION',
        'may grant EXECUTE on function audit.append(text,uuid[],json,bytea,json)',
      ],
      ['CREATE TABLE public.mine (); ALTER TABLE public.mine OWNER TO $', 'owns table mine'],
    ] as const;

    test('and each thing beyond that is named', async () => {
      const partition = 'audit_base.tool_calls_2026_01';
      await trail.admin(`CREATE TABLE ${partition} (LIKE audit_base.tool_calls); ALTER TABLE audit_base.tool_calls ATTACH PARTITION ${partition}
FOR VALUES FROM (audit_base.first_id('2026-01-01')) TO (audit_base.first_id('2026-02-01'))`);
      try {
        for (const [grant] of BEYOND) await trail.admin(grant.replace('$', 'causeway_audit_worker'));
        const named = (await refusal(trail.workerUrl)).replace(/^.*AUDIT_DATABASE_URL: /, '').split('; ');
        expect(named.toSorted()).toEqual(BEYOND.map(([, problem]) => `the database login ${problem}`).toSorted());
      } finally {
        // Roles are the server's, and the next test's.
        await trail.admin(`REVOKE causeway_audit, causeway_audit_reader, pg_read_all_data FROM causeway_audit_worker;
ALTER ROLE causeway_audit_worker NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION;
DROP OWNED BY causeway_audit_worker`);
      }
    });

    test('who is granted something while it works', async () => {
      await trail.table.append('main', createRecords().many(1), []);
      await trail.admin('GRANT DELETE ON audit_base.tool_calls TO causeway_audit_worker');
      await expect(trail.table.ping()).rejects.toMatchObject({ code: 'config_invalid' });
      await expect(trail.table.append('main', createRecords().many(1), [])).rejects.toMatchObject({
        code: 'config_invalid',
      });
      await trail.admin('REVOKE DELETE ON audit_base.tool_calls FROM causeway_audit_worker');
      await trail.table.ping();
      expect(await trail.table.append('main', createRecords().many(1), [])).toMatchObject({ stored: 1 });
    });
  });

  test('the worker owns nothing and is in nothing', async () => {
    const rows = await trail.admin(`SELECT count(*)::int AS n FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
WHERE r.rolname = 'causeway_audit_worker' AND d.deptype = 'o'
UNION ALL SELECT count(*)::int FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname LIKE 'causeway_audit%'`);
    expect(rows).toEqual([{ n: 0 }, { n: 0 }]);
  });

  test('a search path of the worker’s own leads the function nowhere', async () => {
    const [row] = await trail.admin(`SELECT bool_and(proconfig::text LIKE '%search_path=pg_catalog, pg_temp%') AS pinned
FROM pg_proc WHERE pronamespace IN ('audit'::regnamespace, 'audit_base'::regnamespace) AND prolang <> (SELECT oid FROM pg_language WHERE lanname = 'sql')`);
    expect(row).toEqual({ pinned: true });
  });
});
