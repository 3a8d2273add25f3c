import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkPredicate } from './check-predicate.ts';
import { databricksDialect, policyDialect, postgresDialect } from './dialects.ts';
import { isTime } from './is-time.ts';
import { columnsOf, COMPARISONS, type Predicate, type Value } from './predicate.ts';
import { isRowColumn } from './reserved-names.ts';
import { type Dialect, writePredicate } from './write-predicate.ts';

/** Text as a policy may hold it, with what breaks quoting more often than chance would have it. */
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({
      unit: fc.constantFrom("'", '"', '`', '$', '{', '}', '-', '/', '*', ';', ' ', 'a', ')', '('),
      maxLength: 12,
    }),
  )
  .filter((candidate) => !/[\\\p{C}\u2028\u2029]/u.test(candidate));

const column = fc
  .oneof(fc.constantFrom('region', 'Select', 'caller', 'a b', 'a"b', 'user', 'größe'), text)
  .filter(isRowColumn);
const digits = fc.oneof(
  fc.integer().map(String),
  fc.tuple(fc.integer({ min: 0 }), fc.stringMatching(/^\d{1,8}$/)).map(([whole, part]) => `${whole}.${part}`),
  fc.stringMatching(/^[1-9]\d{20,30}$/),
);
const day = fc
  .date({ min: new Date('0100-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());

const leaf: fc.Arbitrary<Value> = fc.oneof(
  column.map((name) => ({ kind: 'column' as const, name })),
  fc.constant({ kind: 'caller-email' as const }),
  text.map((value) => ({ kind: 'string' as const, text: value })),
  digits.map((value) => ({ kind: 'number' as const, digits: value })),
  fc.boolean().map((value) => ({ kind: 'boolean' as const, value })),
  fc.constant({ kind: 'null' as const }),
  fc.constant({ kind: 'current-date' as const }),
  day.map((iso) => ({ kind: 'time' as const, type: 'date' as const, text: iso.slice(0, 10) })),
  day.map((iso) => ({ kind: 'time' as const, type: 'timestamp' as const, text: iso.slice(0, 19).replace('T', ' ') })),
  day.map((iso) => ({ kind: 'time' as const, type: 'timestamptz' as const, text: iso.replace('T', ' ') })),
);

const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: leaf },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc
        .tuple(fc.constantFrom('lower' as const, 'upper' as const), leaf)
        .map(([name, arg]) => ({ kind: 'call' as const, function: name, args: [arg] })),
      fc
        .array(leaf, { minLength: 1, maxLength: 3 })
        .map((args) => ({ kind: 'call' as const, function: 'coalesce' as const, args })),
    ),
  },
);

const negated = fc.boolean();
const single: fc.Arbitrary<Predicate> = fc.oneof(
  fc.record({
    kind: fc.constant('compare' as const),
    operator: fc.constantFrom(...COMPARISONS),
    left: value,
    right: value,
  }),
  fc.record({
    kind: fc.constant('in' as const),
    negated,
    value,
    list: fc.array(value, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('between' as const), negated, value, low: value, high: value }),
  fc.record({ kind: fc.constant('is-null' as const), negated, value }),
  fc.record({ kind: fc.constant('like' as const), negated, value, pattern: text }),
  fc
    .oneof(
      column.map((name) => ({ kind: 'column' as const, name })),
      fc.constant({ kind: 'boolean' as const, value: true }),
    )
    .map((holds) => ({ kind: 'holds' as const, value: holds })),
);

/** `and` in `and` is not one of our trees: a rule has one form. */
const flat = (kind: 'and' | 'or', of: readonly Predicate[]): Predicate => ({
  kind,
  of: of.flatMap((part) => (part.kind === kind ? part.of : [part])),
});

const { predicate } = fc.letrec<{ predicate: Predicate }>((tie) => ({
  predicate: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    single,
    fc
      .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('predicate'), { minLength: 2, maxLength: 4 }))
      .map(([kind, of]) => flat(kind, of)),
    tie('predicate').map((of) => ({ kind: 'not' as const, of })),
  ),
}));

async function readBack(written: string): Promise<Predicate | string> {
  const check = await checkPredicate(written);
  return check.ok ? check.predicate : check.reason;
}

/** Trees that are too big to be read are no subject of these properties. */
const isTooBig = (answer: Predicate | string) =>
  typeof answer === 'string' && /longer than|more than \d+ words|nested/.test(answer);

test('what is written for Postgres is read back as the same tree by the real grammar', async () => {
  await fc.assert(
    fc.asyncProperty(predicate, async (tree) => {
      const written = writePredicate(tree, { ...postgresDialect, callerEmail: 'caller.email' });
      const answer = await readBack(written);
      fc.pre(!isTooBig(answer));
      expect(answer).toEqual(tree);
    }),
    { numRuns: 400 },
  );
});

/** Databricks SQL, respelt word by word: quotes, escapes, and the few names that differ. */
function respell(written: string): string {
  return written.replaceAll(
    /'(?:[^'\\]|\\.)*'|`(?:[^`]|``)*`|TIMESTAMP_NTZ|TIMESTAMP|DATE|current_date\(\)/g,
    (word) => {
      if (word.startsWith('`')) return policyDialect.identifier(word.slice(1, -1).replaceAll('``', '`'));
      if (word.startsWith("'")) return policyDialect.string(unescapeSpark(word.slice(1, -1)));
      const names: Record<string, string> = { TIMESTAMP_NTZ: 'timestamp ', TIMESTAMP: 'timestamptz ', DATE: 'date ' };
      return names[word] ?? 'current_date';
    },
  );
}

const unescapeSpark = (body: string) =>
  body.replaceAll(/\\(?:u([0-9a-f]{4})|(.))/g, (_, code: string | undefined, plain: string | undefined) =>
    code === undefined ? (plain ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );

test('what is written for Databricks is the same tree, in its own quotes', async () => {
  const dialect: Dialect = { ...databricksDialect, callerEmail: 'caller.email' };
  await fc.assert(
    fc.asyncProperty(predicate, async (tree) => {
      // Names with braces are refused for Databricks: see the test of its identifiers.
      fc.pre(!columnsOf(tree).some((name) => /[{}]/.test(name)));
      const answer = await readBack(respell(writePredicate(tree, dialect)));
      fc.pre(!isTooBig(answer));
      expect(answer).toEqual(tree);
    }),
    { numRuns: 400 },
  );
});

const WORDS =
  `a b "c" 'x' 1 = <> ( ) AND OR NOT IN , LIKE IS NULL BETWEEN lower coalesce caller . email :: date SELECT FROM -- /* */ ; $1 ` +
  `true UNION WHERE ARRAY [ ] ANY ctid COLLATE * CASE END U& E' $$ \\ ' " ~ + @>`;

const word = fc.constantFrom(...WORDS.split(' '));
const words = fc.array(word, { maxLength: 14 }).map((parts) => parts.join(' '));

/** A good rule with something odd put somewhere into it. */
const spoilt = fc.tuple(predicate, words, fc.nat()).map(([tree, odd, at]) => {
  const written = writePredicate(tree, policyDialect);
  const where = at % (written.length + 1);
  return `${written.slice(0, where)} ${odd} ${written.slice(where)}`;
});

/** All that a written rule may consist of, beside quoted names and strings. */
const LANGUAGE =
  /^(?:[\s(),]|[<>=]{1,2}|-?\d[\d.]*|\b(?:AND|OR|NOT|IN|BETWEEN|IS|NULL|LIKE|true|false|lower|upper|coalesce|caller\.email|CURRENT_DATE|date|timestamp|timestamptz)\b)*$/;

test('whatever is typed is refused, or comes back inside the language', async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(words, spoilt, fc.string({ unit: 'binary', maxLength: 60 })), async (typed) => {
      const check = await checkPredicate(typed);
      const tree = check.ok ? check.predicate : undefined;
      const written = tree === undefined ? '' : writePredicate(tree, policyDialect);
      accepted += check.ok ? 1 : 0;
      expect(tree === undefined ? undefined : await readBack(written)).toEqual(tree);
      expect(written.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, ' ')).toMatch(LANGUAGE);
    }),
    { numRuns: 3000 },
  );
  expect(accepted).toBeGreaterThan(50);
});

test('a rule of the greatest size is answered at once', async () => {
  const started = performance.now();
  for (const rule of [
    '('.repeat(2000),
    'a AND '.repeat(330),
    'NOT '.repeat(500),
    `'${"''".repeat(990)}`,
    '/*'.repeat(1000),
  ]) {
    expect(await checkPredicate(rule)).toMatchObject({ ok: false });
  }
  expect(performance.now() - started).toBeLessThan(1000);
});

test.each([
  ['date', '2024-02-29', true],
  ['date', '2023-02-29', false],
  ['date', '0000-01-01', false],
  ['date', '2026-1-1', false],
  ['timestamp', '2026-01-01 24:00:00', false],
  ['timestamp', '2026-01-01 23:59:59.123456', true],
  ['timestamptz', '2026-01-01 00:00:00Z', true],
  ['timestamptz', '2026-01-01 00:00:00+15:00', false],
] as const)('%s %s is a point in time: %s', (type, written, expected) => {
  expect(isTime(type, written)).toBe(expected);
});
