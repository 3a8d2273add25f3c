import { describe, expect, test } from 'vitest';
import { checkPredicate } from './check-predicate.ts';
import { policyDialect } from './dialects.ts';
import { columnsOf, usesCallerEmail } from './predicate.ts';
import { writePredicate } from './write-predicate.ts';

async function written(text: string): Promise<string> {
  const check = await checkPredicate(text);
  return check.ok ? writePredicate(check.predicate, policyDialect) : `refused: ${check.reason}`;
}

describe('what the language of row rules has', () => {
  test.each([
    ["region = 'WEST'", `"region" = 'WEST'`],
    ["Region = 'WEST'", `"region" = 'WEST'`],
    [`"Deal Owner" = 'x'`, `"Deal Owner" = 'x'`],
    [`"a""b" = 'it''s'`, `"a""b" = 'it''s'`],
    ['größe = 1', '"größe" = 1'],
    ["name = '東京 🗼'", `"name" = '東京 🗼'`],
    ['rep_email = caller.email', '"rep_email" = caller.email'],
    ['lower(rep_email) = lower(caller.email)', 'lower("rep_email") = lower(caller.email)'],
    ['a != 1', '"a" <> 1'],
    ['a >= -5 AND b < 1.50', '"a" >= -5 AND "b" < 1.50'],
    ['a = 99999999999999999999', '"a" = 99999999999999999999'],
    ["a = 0 OR b = false OR c = ''", `"a" = 0 OR "b" = false OR "c" = ''`],
    ['a = 1 AND (b = 2 AND c = 3)', '"a" = 1 AND "b" = 2 AND "c" = 3'],
    ['a = 1 AND (b = 2 OR c = 3)', '"a" = 1 AND ("b" = 2 OR "c" = 3)'],
    ['a = 1 AND b = 2 OR c = 3', '("a" = 1 AND "b" = 2) OR "c" = 3'],
    ['NOT a AND b', 'NOT ("a") AND "b"'],
    ['NOT (a = 1 OR b)', 'NOT ("a" = 1 OR "b")'],
    ["audience IN ('everyone', 'managers')", `"audience" IN ('everyone', 'managers')`],
    ['a NOT IN (1, 2)', '"a" NOT IN (1, 2)'],
    ['a BETWEEN 1 AND 9 AND b', '"a" BETWEEN 1 AND 9 AND "b"'],
    ['a NOT BETWEEN 1 AND 9', '"a" NOT BETWEEN 1 AND 9'],
    ['a IS NULL OR b IS NOT NULL', '"a" IS NULL OR "b" IS NOT NULL'],
    ["name LIKE 'A%' OR name NOT LIKE '%b_'", `"name" LIKE 'A%' OR "name" NOT LIKE '%b_'`],
    ["d >= date '2026-01-31'", `"d" >= date '2026-01-31'`],
    ["d >= '2026-01-31'::date", `"d" >= date '2026-01-31'`],
    ["t < timestamp '2026-01-31 23:59:59'", `"t" < timestamp '2026-01-31 23:59:59'`],
    ["t < timestamp with time zone '2026-01-31 23:59:59+05:30'", `"t" < timestamptz '2026-01-31 23:59:59+05:30'`],
    ['closed_on <= current_date', '"closed_on" <= CURRENT_DATE'],
    ["coalesce(region, 'WEST') = upper(area)", `coalesce("region", 'WEST') = upper("area")`],
    ['is_public', '"is_public"'],
    ['coalesce(is_public, false)', 'coalesce("is_public", false)'],
    ['true', 'true'],
    ['a = NULL', '"a" = NULL'],
    ['caller = 1', '"caller" = 1'],
    ['a\n  =\t1', '"a" = 1'],
  ])('%s', async (text, expected) => {
    expect(await written(text)).toBe(expected);
  });

  test('says which columns it reads, each once', async () => {
    const check = await checkPredicate(
      `lower(a) = 'x' AND (NOT b OR c BETWEEN a AND d) AND e IN (f) AND g LIKE 'x' AND h IS NULL`,
    );
    expect(check.ok && columnsOf(check.predicate)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  });

  test('says whether it asks for the caller, even inside a function', async () => {
    const uses = async (text: string) => {
      const check = await checkPredicate(text);
      return check.ok && usesCallerEmail(check.predicate);
    };
    expect(await uses('a = 1 OR NOT (b = lower(caller.email))')).toBe(true);
    expect(await uses("caller = 'x'")).toBe(false);
  });
});

const LONG_NAME = 'a'.repeat(64);

/** What is typed, and the refusal: its reason, and the character at which it stands. */
const HOSTILE: (readonly [text: string, reason: RegExp, character?: number])[] = [
  // more than one condition
  ['', /syntax error/, 1],
  [';', /semicolon/, 1],
  ['a = 1;', /semicolon/, 6],
  ['a = 1; DROP TABLE deals', /semicolon/, 6],
  ['a = 1 -- and b = 2', /comment/, 7],
  ['a = 1 /* b */', /comment/, 7],
  ['a /*!*/ = 1', /comment/, 3],
  ['a = 1) OR (b = 2', /syntax error/, 6],
  ['a = 1 UNION SELECT true', /after the condition/],
  ['a = 1 ORDER BY a', /after the condition/],
  ['a = 1 LIMIT 1', /after the condition/],
  ['a = 1 GROUP BY a', /after the condition/],
  ['a = 1 HAVING true', /after the condition/],
  ['a = 1 FOR UPDATE', /after the condition/],
  ['a = 1 WINDOW w AS ()', /after the condition/],
  ['a = 1 AS b', /syntax error/],
  ['a = 1, b = 2', /syntax error/],
  ['a = 1 INTO b', /syntax error/],
  ['FROM deals WHERE a = 1', /syntax error/, 1],
  ['ALL a = 1', /syntax error/, 1],
  ['CURRENT OF c', /syntax error/],
  // other data
  ['(SELECT true)', /subquery/],
  ['a = (SELECT 1)', /subquery/],
  ['a IN (SELECT id FROM other)', /subquery/],
  ['EXISTS (SELECT FROM other)', /subquery/],
  ['a = ANY (SELECT 1)', /subquery/],
  ['a = ARRAY(SELECT 1)', /subquery/],
  ['deals.region = 1', /qualified name/, 1],
  ['sales_base.deals.region = 1', /qualified name/, 1],
  ['other.region = caller.email', /qualified name/, 1],
  ['deals.* IS NULL', /qualified name/],
  ['governed_row IS NULL', /no column/, 1],
  ['caller.role = 1', /only caller.email/, 1],
  ['caller.email.x = 1', /only caller.email/, 1],
  ['(caller).email = 1', /field or an element/],
  ['ctid = 1', /"ctid"/, 1],
  ['"ctid" = 1', /"ctid"/, 1],
  ['CTID = 1', /"ctid"/, 1],
  ['tableoid = 1', /"tableoid"/],
  ['xmin = 1', /"xmin"/],
  ['xmax = 1', /"xmax"/],
  ['cmin = 1', /"cmin"/],
  ['cmax = 1', /"cmax"/],
  // functions
  ['pg_sleep(10)', /function other than/, 1],
  ["pg_read_file('/etc/passwd') = 'x'", /function other than/],
  ["set_config('role', 'x', true) = 'x'", /function other than/],
  ["query_to_xml('select 1', true, true, '') IS NULL", /function other than/],
  ["dblink('host=x', 'select 1') IS NULL", /function other than/],
  ['pg_catalog.lower(a) = 1', /function other than/],
  ['public.lower(a) = 1', /function other than/],
  ['"LOWER"(a) = 1', /function other than/],
  ['lower(a, b) = 1', /takes one value/],
  ['lower() = 1', /takes one value/],
  ['lower(VARIADIC a) = 1', /aggregate, window or variadic/],
  ['lower(DISTINCT a) = 1', /aggregate, window or variadic/],
  ['lower(a) OVER () = 1', /aggregate, window or variadic/],
  ['lower(a) FILTER (WHERE true) = 1', /aggregate, window or variadic/],
  ['lower(x => a) = 1', /NamedArgExpr/],
  ['count(*) > 0', /aggregate, window or variadic/],
  ['current_user = a', /function other than/],
  ['session_user = a', /function other than/],
  ['current_timestamp > a', /function other than/],
  ['now() > a', /function other than/],
  ['greatest(a, b) = 1', /function other than/],
  ['nullif(a, b) = 1', /operator between values/],
  ['substring(a from 1) = 1', /function other than/],
  ['extract(year from a) = 1', /function other than/],
  ['lower(a = 1) = 1', /operator between values/],
  ['lower(lower(pg_sleep(1))) = 1', /function other than/],
  // operators
  ["a ~ 'x'", /operator other than/, 3],
  ["a ILIKE 'x'", /operator other than/, 3],
  ["a SIMILAR TO 'x'", /operator other than/],
  ['a LIKE b', /LIKE pattern/, 8],
  ["a LIKE 'x' ESCAPE '!'", /function other than/],
  ['a OPERATOR(public.=) 1', /operator of a schema/],
  ['a OPERATOR(pg_catalog.=) 1', /operator of a schema/],
  ['a === 1', /operator other than/],
  ['a @> 1', /operator other than/],
  ['a + 1 = 2', /operator between values/],
  ["a || 'x' = 'y'", /operator between values/],
  ['+a = 1', /operator between values/],
  ['a = 1 = true', /syntax error/],
  ['(a = 1) = true', /operator between values/],
  ['(a AND b) = true', /condition in the place of a value/],
  ['(a IS NULL) = true', /condition in the place of a value/],
  ['a = ANY (b)', /operator other than/],
  ['a = ALL (b)', /operator other than/],
  ["a = ANY ('{1}')", /operator other than/],
  ['a IS DISTINCT FROM b', /operator other than/],
  ['a BETWEEN SYMMETRIC 1 AND 2', /operator other than/],
  ['a IS TRUE', /IS TRUE/],
  ['a IS UNKNOWN', /IS TRUE/],
  ['a COLLATE "C" = \'x\'', /collation/],
  ["a AT TIME ZONE 'UTC' = b", /function other than/],
  ['(a, b) = (1, 2)', /row of values/],
  ['(a, b) IN ((1, 2))', /row of values/],
  ['ROW(a) IS NULL', /row of values/],
  ['a[1] = 1', /field or an element/],
  ['ARRAY[a] = b', /array/],
  ['CASE WHEN a THEN b END', /CASE/],
  // literals and types
  ['a = $1', /parameter/, 5],
  ["a = E'x'", /one piece/, 5],
  ["a = U&'\\0041'", /unicode escape/, 5],
  ['U&"\\0061" = 1', /unicode escape/, 1],
  ['a = $$x$$', /one piece/],
  ["a = 'x'\n'y'", /one piece/],
  ["a = 'x\\'", /backslash/, 5],
  ["a = B'1'", /plain string, number/],
  ["a = X'1F'", /plain string, number/],
  ["a = N'x'", /cast/],
  ['a = 1e5', /plain string, number/],
  ['a = .5', /plain string, number/],
  ['a::text = 1', /cast/],
  ["a = 'x'::regclass", /cast/],
  ["a = '1'::int", /cast/],
  ["a = '{}'::json", /cast/],
  ["a = public.date '2026-01-01'", /cast/],
  ["a = date '2026-02-30'", /ISO 8601/, 5],
  ["a = date 'now'", /ISO 8601/],
  ["a = date 'infinity'", /ISO 8601/],
  ["a = timestamp 'today'", /ISO 8601/],
  ["a = timestamp(3) '2026-01-01 00:00:00'", /precision/],
  ["a = timestamptz '2026-01-01 00:00:00'", /ISO 8601/],
  ["a = ('{2026-01-01}'::date[])", /precision or an array/],
  ["a = interval '1 day'", /cast/],
  ["'t'", /value where a condition/, 1],
  ['1', /value where a condition/, 1],
  ['NULL', /value where a condition/],
  ['lower(a)', /value where a condition/],
  ['caller.email', /value where a condition/],
  ['coalesce(a, lower(b))', /value where a condition/],
  ['current_date', /value where a condition/],
  // what breaks readers and parsers
  ["region = 'WEST'\0 OR true", /control, invisible or broken/, 16],
  ['a = 1\u001b[2J', /control, invisible or broken/, 6],
  ["a = 'x\u202ey'", /control, invisible or broken/, 7],
  ["a = 'x\u200by'", /control, invisible or broken/],
  ["a = '\ud800'", /control, invisible or broken/],
  ["a = 'x", /does not end well/],
  ['"a = 1', /does not end well/],
  ['a = 1 /* b', /does not end well/],
  ['"" = 1', /does not end well|syntax error|zero-length/],
  [`${LONG_NAME} = 1`, /more than 63 bytes/, 1],
  [`"${'é'.repeat(32)}" = 1`, /more than 63 bytes/, 1],
  [`${'('.repeat(33)}a${')'.repeat(33)}`, /nested more than 32/, 33],
  [`${'NOT '.repeat(60)}a`, /nested too deep/],
  [`${'NOT '.repeat(450)}a`, /more than 400/],
  [`${'lower('.repeat(33)}a${')'.repeat(33)} = 1`, /nested more than 32/],
  [`${'NOT '.repeat(25)}${'lower('.repeat(25)}a${')'.repeat(25)} = 1`, /nested too deep/],
  [`a IN (${'1,'.repeat(250)}1)`, /more than 400/],
  [`a = '${'x'.repeat(2100)}'`, /longer than/],
  ["é = 'é' AND b ~ 'x'", /operator other than/, 15],
  ["a = '🗼' AND pg_sleep(1)", /function other than/, 13],
];

describe('what the language of row rules does not have', () => {
  const cases = HOSTILE.map(([text, reason, character]) => ({
    text,
    expected: { ok: false, reason: expect.stringMatching(reason), ...(character !== undefined && { character }) },
  }));

  test.each(cases)('$text', async ({ text, expected }) => {
    expect(await checkPredicate(text)).toMatchObject(expected);
  });
});
