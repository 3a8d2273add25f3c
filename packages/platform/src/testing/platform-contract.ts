import { AppError } from '@causeway/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { PlatformSession, QueryOptions, SqlValue } from '../platform.ts';
import type { Deal } from '../sample/deals.ts';
import { type ContractPerson, type ContractWorld, internal, partner } from './contract-world.ts';
import { HOSTILE_STATEMENTS, HOSTILE_TEXTS } from './hostile-sql.ts';

const anyRow = z.record(z.string(), z.unknown());
const PEOPLE = [
  'west_sales',
  'east_sales',
  'managers',
  'executive',
  'finance',
  'admin',
  'olivia@causeway.example',
  'omar@causeway.example',
];

/** The definition of "governed": every platform runs this. `start` gives a platform with a pool of four connections over the same rows. */
export function describePlatform(title: string, start: () => Promise<ContractWorld>): void {
  describe(`governed: ${title}`, () => {
    let world: ContractWorld;
    beforeAll(async () => {
      world = await start();
    });
    afterAll(() => world.stop());

    const person = (name: string): ContractPerson => {
      const found = world.people.find((one) => one.name === name);
      if (found === undefined) throw new Error(`nobody is called ${name}`);
      return found;
    };
    const masked = () => world.people.filter(({ seesMargin }) => !seesMargin);
    const open = (name: string, requestId = 'r1') => world.platform.open(person(name).caller, { requestId });

    async function ask(name: string, text: string, values: readonly SqlValue[] = [], options?: QueryOptions) {
      return askIn(await open(name), text, values, options);
    }
    const askIn = (session: PlatformSession, text: string, values: readonly SqlValue[] = [], options?: QueryOptions) =>
      session.query({ name: 'contract', text, values, row: anyRow }, { rowsMax: 10_000, ...options });
    const codeOf = (answer: Promise<unknown>) =>
      answer.then(
        () => 'answered',
        (error: unknown) => (error instanceof AppError ? error.code : error),
      );

    /** `{margin}` and `{deals}` in a text become what they are called here. */
    const write = (text: string) =>
      text.replaceAll(/\{(\w+)\}/g, (_, word: string) => {
        if (word === 'deals') return world.deals.relation;
        if (word === 'base') return world.deals.base;
        return world.deals.column[(word === 'margin' ? 'margin_pct' : word) as keyof Deal];
      });
    const expected = ({ seesDeal, seesMargin }: ContractPerson) =>
      world.deals.rows.filter(seesDeal).map((deal) => ({ ...deal, margin_pct: seesMargin ? deal.margin_pct : null }));
    const hiddenFrom = ({ seesDeal }: ContractPerson) => world.deals.rows.find((deal) => !seesDeal(deal));

    describe('rows and masks', () => {
      const EVERY =
        'SELECT {id} AS id, {region} AS region, {customer} AS customer, {rep_email} AS rep_email, {product} AS product, {stage} AS stage, {amount} AS amount, {margin} AS margin_pct, {closed_on} AS closed_on FROM {deals} ORDER BY {id}';

      test.each(PEOPLE)('%s sees their rows, and of a masked column nothing', async (name) => {
        const found = await ask(name, write(EVERY));
        expect(found).toEqual(expected(person(name)));
        expect(found.length).toBeGreaterThan(0);
      });

      test.each(PEOPLE)('%s gets sums over their own rows only', async (name) => {
        const rows = expected(person(name));
        const [found] = await ask(
          name,
          write('SELECT count(*) AS deals, sum({amount}) AS revenue, count({margin}) AS margins FROM {deals}'),
        );
        const revenue = rows.reduce((sum, { amount }) => sum + Math.round(amount * 100), 0) / 100;
        const margins = rows.filter(({ margin_pct }) => margin_pct !== null).length;
        expect(found).toEqual({ deals: rows.length, revenue, margins });
      });

      test('a document is seen by its audience', async () => {
        const { documents } = world;
        for (const { name, seesDocument } of world.people) {
          const found = await ask(name, `SELECT ${documents.column.id} AS id FROM ${documents.relation}`);
          const ids = documents.rows.filter(seesDocument).map(({ id }) => id);
          expect(new Set(found.map(({ id }) => id)), name).toEqual(new Set(ids));
        }
      });

      test('a tool or connection is granted to its groups, and to nobody else', async () => {
        for (const [question, groups] of Object.entries(world.grants)) {
          for (const { name, group } of world.people) {
            const [found] = await ask(name, `SELECT ${question} AS granted`);
            expect(found, `${name}: ${question}`).toEqual({ granted: groups.includes(group) });
          }
        }
      });
    });

    describe('ways around a mask', () => {
      const nothing: readonly (readonly [what: string, text: string, answer: unknown])[] = [
        ['filter', 'SELECT {id} AS id FROM {deals} WHERE {margin} > 0', []],
        ['filter by not', 'SELECT {id} AS id FROM {deals} WHERE NOT ({margin} > 1000)', []],
        ['filter by distinctness', 'SELECT {id} AS id FROM {deals} WHERE {margin} IS NOT NULL', []],
        ['filter by text', `SELECT {id} AS id FROM {deals} WHERE {margin}::text LIKE '%'`, []],
        ['group', 'SELECT {margin} AS m FROM {deals} GROUP BY {margin}', [{ m: null }]],
        ['distinct', 'SELECT DISTINCT {margin} AS m FROM {deals}', [{ m: null }]],
        [
          'aggregate',
          'SELECT min({margin}) AS a, max({margin}) AS b, avg({margin}) AS c, sum({margin}) AS d, count({margin}) AS e FROM {deals}',
          [{ a: null, b: null, c: null, d: null, e: 0 }],
        ],
        ['aggregate with a filter', 'SELECT count(*) FILTER (WHERE {margin} > 10) AS n FROM {deals}', [{ n: 0 }]],
        ['having', 'SELECT {region} AS r FROM {deals} GROUP BY {region} HAVING max({margin}) > 0', []],
        [
          'join with guesses',
          'SELECT d.{id} AS id FROM {deals} d JOIN generate_series(0, 10000) g ON d.{margin} = g / 100.0',
          [],
        ],
        [
          'join with itself',
          'SELECT a.{id} AS id FROM {deals} a JOIN {deals} b ON a.{margin} = b.{margin} AND a.{id} = b.{id}',
          [],
        ],
        ['subquery', 'SELECT {id} AS id FROM {deals} WHERE {margin} = (SELECT max({margin}) FROM {deals})', []],
        [
          'window',
          'SELECT max(rank) AS r FROM (SELECT rank() OVER (ORDER BY {margin}) AS rank FROM {deals}) t',
          [{ r: 1 }],
        ],
        ['whole row', `SELECT count(*) AS n FROM {deals} t WHERE to_jsonb(t) ->> '{margin}' IS NOT NULL`, [{ n: 0 }]],
        ['arithmetic error', 'SELECT count(1 / ({margin} - {margin})) AS n FROM {deals}', [{ n: 0 }]],
        [
          'error on a guess',
          'SELECT count(*) AS n FROM {deals} WHERE CASE WHEN {margin} > 0 THEN 1 / ({id} - {id}) = 1 ELSE true END AND false',
          [{ n: 0 }],
        ],
        [
          'error on a cast',
          `SELECT count(*) AS n FROM {deals} WHERE CASE WHEN {margin} IS NOT NULL THEN ('x' || {margin})::int > 0 ELSE false END`,
          [{ n: 0 }],
        ],
        ['the table’s own names', 'SELECT count(*) AS n FROM {deals} t WHERE t.{margin} > 0', [{ n: 0 }]],
      ];

      test.each(nothing)('%s reveals nothing to those who see it masked', async (_, text, answer) => {
        for (const { name } of masked()) expect(await ask(name, write(text)), name).toEqual(answer);
      });

      test('sorting by it is sorting by nothing', async () => {
        for (const { name } of masked()) {
          const sorted = await ask(
            name,
            write('SELECT {id} AS id FROM {deals} ORDER BY {margin} DESC, {id} LIMIT 200'),
          );
          const plain = await ask(name, write('SELECT {id} AS id FROM {deals} ORDER BY {id} LIMIT 200'));
          expect(sorted).toEqual(plain);
        }
      });
    });

    describe('ways around a row rule', () => {
      const raise: readonly (readonly [what: string, condition: string])[] = [
        ['a division by zero', '1 / ({id} - $1) > 5000'],
        ['a cast', `CASE WHEN {id} = $1 THEN ('x' || {region})::int > 0 ELSE false END`],
        ['a division in a CASE', 'CASE WHEN {id} = $1 THEN 1 / ({id} - $1) > 0 ELSE false END'],
      ];

      test.each(raise)('%s on a row that they may not see does not happen', async (_, condition) => {
        for (const who of world.people) {
          const hidden = hiddenFrom(who);
          if (hidden === undefined) continue;
          const text = write(`SELECT count(*) AS n FROM {deals} WHERE ${condition.replaceAll('$1', '$1::int')}`);
          expect(await ask(who.name, text, [hidden.id]), who.name).toEqual([{ n: 0 }]);
        }
      });

      // The cheapest condition there is runs before dearer ones, unless the row rule is kept first; each row that it touches stays locked.
      test('a function with a side effect is not run on a row that they may not see', async () => {
        for (const who of world.people) {
          const text =
            write(`WITH looked AS MATERIALIZED (SELECT count(*) AS n FROM {deals} WHERE pg_try_advisory_xact_lock({id}, 7))
            SELECT n, (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND pid = pg_backend_pid() AND n >= 0) AS touched FROM looked`);
          const n = expected(who).length;
          expect(await ask(who.name, text), who.name).toEqual([{ n, touched: n }]);
        }
      });

      test('a row that they may not see is not found by its key, not counted, and not joined', async () => {
        for (const who of world.people) {
          const hidden = hiddenFrom(who);
          if (hidden === undefined) continue;
          const text = write(`SELECT (SELECT count(*) FROM {deals} WHERE {id} = $1::int) AS key,
            EXISTS (SELECT FROM {deals} WHERE {id} = $1::int) AS there,
            (SELECT count(*) FROM {deals} a RIGHT JOIN (VALUES ($1::int)) v(id) ON a.{id} = v.id WHERE a.{id} IS NOT NULL) AS joined`);
          expect(await ask(who.name, text, [hidden.id]), who.name).toEqual([{ key: 0, there: false, joined: 0 }]);
        }
      });
    });

    describe('text from outside', () => {
      test.each(HOSTILE_TEXTS)('%j is compared as text, and is nothing else', async (text) => {
        const found = await codeOf(
          ask('west_sales', write('SELECT {id} AS id FROM {deals} WHERE {customer} = $1'), [text]),
        );
        expect(found).toBe(text.includes('\0') ? 'invalid_request' : 'answered');
        expect(await ask('west_sales', write('SELECT count(*) AS n FROM {deals}'))).toEqual([
          { n: expected(person('west_sales')).length },
        ]);
      });

      test('finds nothing, and comes back as it was sent', async () => {
        for (const text of HOSTILE_TEXTS.filter((one) => !one.includes('\0'))) {
          expect(await ask('west_sales', 'SELECT $1::text AS t', [text])).toEqual([{ t: text }]);
        }
      });
    });

    describe('a statement that turned hostile', () => {
      test.each(HOSTILE_STATEMENTS)('%s is refused, and the next call is right', async (_, text, codes) => {
        for (const name of ['west_sales', 'admin', 'omar@causeway.example']) {
          expect(codes, `${name}: ${text}`).toContain(await codeOf(ask(name, write(text), [], { timeoutMs: 300 })));
          expect(await ask(name, 'SELECT current_user::text AS who')).not.toEqual([]);
        }
      });

      test('may learn the names in the catalog, and no contents', async () => {
        for (const name of PEOPLE) {
          const [found] = await ask(
            name,
            `SELECT
            (SELECT count(*) FROM pg_stats WHERE schemaname !~ '^(pg_|information_schema)') AS statistics,
            (SELECT count(*) FROM pg_stat_activity WHERE query !~ 'insufficient privilege' AND pid <> pg_backend_pid() AND query <> '') AS queries,
            (SELECT count(*) FROM information_schema.role_table_grants WHERE privilege_type <> 'SELECT' AND table_schema !~ '^(pg_|information_schema)') AS writes,
            (SELECT count(*) FROM pg_largeobject_metadata) AS large_objects,
            (SELECT count(*) FROM pg_user_mappings WHERE umoptions IS NOT NULL) AS credentials`,
          );
          expect(found, name).toEqual({ statistics: 0, queries: 0, writes: 0, large_objects: 0, credentials: 0 });
        }
      });

      test('leaves nothing of what it set for the next caller', async () => {
        for (const setting of [
          'role',
          'session_authorization',
          'causeway.human_email',
          'search_path',
          'row_security',
          'default_transaction_read_only',
        ]) {
          await codeOf(
            ask('west_sales', 'SELECT set_config($1, $2, false) AS s', [setting, setting === 'role' ? 'none' : 'off']),
          );
        }
        for (const name of PEOPLE) {
          const text = write(
            `SELECT count(*) AS n, current_setting('causeway.human_email') AS human, current_setting('row_security') AS rls FROM {deals}`,
          );
          const { caller } = person(name);
          expect(await ask(name, text)).toEqual([
            { n: expected(person(name)).length, human: caller.human?.email, rls: 'on' },
          ]);
        }
      });
    });

    describe('who', () => {
      test('the engine knows the principal, the human and the request', async () => {
        const session = await open('managers', 'req-42');
        const text = `SELECT current_user::text AS who, current_setting('causeway.human_email') AS human,
          current_setting('causeway.caller')::jsonb AS caller, current_setting('application_name') AS application`;
        const { principal, human } = person('managers').caller;
        const caller = { request: 'req-42', principal: principal.id, issuer: human?.issuer, subject: human?.subject };
        expect(await askIn(session, text)).toEqual([
          { who: principal.id, human: human?.email, caller, application: 'cw:req-42' },
        ]);
      });

      test.each([
        [
          'a principal that the policy does not name',
          () => partner('managers', '00000000-0000-4000-8000-000000000000'),
        ],
        ['a role that the policy does not name', () => partner('nobody', person('admin').caller.principal.id)],
        [
          'one role’s name with another one’s principal',
          () => partner('west_sales', person('admin').caller.principal.id),
        ],
        ['the gateway itself', () => partner('managers', 'causeway_gateway')],
        ['the owner', () => partner('managers', 'causeway_owner')],
        [
          'no role at all',
          () => ({ ...partner('managers', 'none'), principal: { id: 'none', role: undefined, groups: [] } }),
        ],
        ['a name of the language', () => partner('__proto__', 'none')],
        ['an internal human whom the policy does not name', () => internal('eve@causeway.example')],
        ['an internal human without an e-mail', () => internal(undefined)],
        ['a partner who calls himself a principal', () => internal(person('admin').caller.principal.id)],
      ])('refuses %s', async (_, caller) => {
        expect(await codeOf(world.platform.open(caller(), { requestId: 'r' }))).toBe('exchange_denied');
      });
    });

    describe('many at once', () => {
      test('1,000 interleaved calls by 8 callers over 4 connections: not one foreign row', async () => {
        const texts = [
          write(
            'SELECT {id} AS id, {margin} AS margin_pct, current_user::text AS who FROM {deals} WHERE {id} % $1::int = 0 ORDER BY {id}',
          ),
          write(
            'SELECT {id} AS id, {margin} AS margin_pct, current_user::text AS who FROM {deals} WHERE {id} % $1::int = 1 ORDER BY {id} DESC',
          ),
        ];
        const calls = Array.from({ length: 1000 }, (_, index) => index);
        const wrong: unknown[] = [];
        const worker = async () => {
          for (let index = calls.pop(); index !== undefined; index = calls.pop()) {
            const who = person(PEOPLE[index % PEOPLE.length] as string);
            const modulus = 50 + (index % 7);
            const second = index % 3 === 0;
            const found = await ask(who.name, texts[second ? 1 : 0] as string, [modulus]);
            const rows = expected(who).filter(({ id }) => id % modulus === (second ? 1 : 0));
            const ids = rows.map(({ id, margin_pct }) => ({ id, margin_pct }));
            const seen = found.map(({ id, margin_pct }) => ({ id, margin_pct }));
            if (JSON.stringify(seen) !== JSON.stringify(second ? ids.toReversed() : ids))
              wrong.push({ who: who.name, index });
            if (new Set(found.map((row) => row['who'])).size > 1) wrong.push({ who: who.name, index, several: true });
          }
        };
        await Promise.all(Array.from({ length: 24 }, worker));
        expect(wrong).toEqual([]);
      });

      test('a timeout and an abort in the middle leave the next caller’s answer right', async () => {
        const slow = 'SELECT pg_sleep(10)::text AS s';
        const abort = new AbortController();
        const answers = [
          codeOf(ask('west_sales', slow, [], { timeoutMs: 100 })),
          codeOf(ask('east_sales', slow, [], { signal: abort.signal })),
          codeOf(ask('managers', slow, [], { signal: AbortSignal.timeout(50) })),
        ];
        setTimeout(() => abort.abort(new AppError('rate_limited', 'the caller’s own reason')), 80);
        expect(await Promise.all(answers)).toEqual(['upstream_timeout', 'rate_limited', 'upstream_timeout']);
        for (const name of PEOPLE) {
          expect(await ask(name, write('SELECT count(*) AS n FROM {deals}'))).toEqual([
            { n: expected(person(name)).length },
          ]);
        }
      });

      test('more rows than asked for are refused, and the caller is told', async () => {
        const answer = ask('managers', write('SELECT {id} AS id FROM {deals}'), [], { rowsMax: 10 });
        await expect(answer).rejects.toMatchObject({
          code: 'upstream_rejected',
          safeDetail: expect.stringContaining('10 rows'),
        });
      });

      test('a row that is not as declared never reaches the caller', async () => {
        const session = await open('managers');
        const answer = session.query({
          name: 'x',
          text: write('SELECT {customer} AS id FROM {deals} LIMIT 1'),
          values: [],
          row: z.object({ id: z.number() }),
        });
        await expect(answer).rejects.toMatchObject({
          code: 'upstream_rejected',
          message: expect.not.stringMatching(/Foods|Energy|Retail/),
          safeDetail: 'The data holds something that cannot be answered with, in id.',
        });
      });
    });

    test('says that it is well', async () => {
      expect(await world.platform.health()).toEqual({ ok: true, problems: [] });
    });
  });
}
