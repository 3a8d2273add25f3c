import { loadModule } from 'libpg-query';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { WORDS } from './language/words.ts';
import { TOPICS } from './language/topics.ts';
import type { Plan } from './plan/plan.ts';
import { checkPlan } from './plan/check-plan.ts';
import { guardStatement } from './sql/guard-statement.ts';
import { writeStatement } from './sql/write-statement.ts';
import { CORPUS } from './testing/corpus.ts';
import { demoModel, questionReader } from './testing/read-question.ts';

const model = demoModel();
const read = questionReader(model);
const { deals } = model.relations;

const pick = (values: readonly string[]) => fc.constantFrom(...values);
const phrase = fc.oneof(
  { weight: 4, arbitrary: pick(WORDS.flatMap(([phrases]) => phrases.split(', ')).filter((word) => word !== '')) },
  { weight: 6, arbitrary: pick(modelWords()) },
  { weight: 1, arbitrary: pick(Object.values(TOPICS).flatMap(({ words }) => words.split(', '))) },
  {
    weight: 2,
    arbitrary: pick([
      '5',
      '10k',
      '5,000',
      '2025',
      '30%',
      '$100',
      '2025-03',
      '2025-02-28',
      '1.5m',
      '3',
      '0',
      '999999999999999',
      '1e9',
      'FY2026',
      '5th',
    ]),
  },
  {
    weight: 2,
    arbitrary: pick([
      'Redwood Foods',
      'delta',
      'wanda',
      'erik@northwind.example',
      'Atlas Analytics',
      '"Harbor"',
      'acme',
      'thing',
    ]),
  },
  {
    weight: 1,
    arbitrary: pick([
      "'",
      '"',
      ';',
      '--',
      '$1',
      '\\',
      '%',
      '(',
      ')',
      '/*',
      '*/',
      '::text',
      '=',
      '<',
      '>=',
      ',',
      '-',
      '–',
      '{',
      '🙂',
    ]),
  },
);
/** Words in any order. */
const salad = fc.array(phrase, { minLength: 1, maxLength: 14 }).map((words) => words.join(' '));
/** Sentences that mostly make sense. */
const sentence = fc
  .tuple(
    pick([
      '',
      'show me ',
      'what is the ',
      'how many ',
      'list ',
      'compare ',
      'top 5 ',
      'now ',
      'and ',
      'only ',
      'what about ',
      'share of ',
    ]),
    pick([
      'revenue',
      'deals',
      'average margin',
      'win rate',
      'customers',
      'pipeline',
      'total amount',
      'growth',
      'number of products',
      '',
    ]),
    pick([
      '',
      ' by region',
      ' by month',
      ' per rep and quarter',
      ' by stage',
      ' year over year',
      ' by customer',
      ' as percent of total',
      ' by fiscal quarter',
    ]),
    pick([
      '',
      ' in WEST',
      ' not in EAST',
      ' for Redwood Foods',
      ' over 10k',
      ' with margin below 30%',
      ' WEST vs EAST',
      ' won',
      ' with more than 5 deals',
      ' for wanda',
    ]),
    pick([
      '',
      ' in 2025',
      ' last quarter',
      ' since March',
      ' between May and July 2025',
      ' 2025 vs 2026',
      ' in the last 30 days',
      ' before June',
    ]),
    pick([
      '',
      ' sorted by revenue',
      ' lowest first',
      ' top 3',
      ' limit 20',
      ' by amount',
      ' reverse',
      ' sort by count',
    ]),
  )
  .map((parts) => parts.join('').trim());
const junk = fc.string({ unit: 'binary', maxLength: 120 });

function modelWords(): string[] {
  if (deals === undefined) throw new Error('the demo model has no deals');
  const { dimensions, measures, numbers, date } = deals;
  const named = [dimensions, measures, numbers, date].flatMap((entries) =>
    Object.values(entries as Record<string, { synonyms: string[] }>),
  );
  const values = Object.values(dimensions).flatMap(({ values: known }) => Object.values(known ?? {}).flat());
  return [
    ...named.flatMap(({ synonyms }) => synonyms),
    ...values,
    'revenue',
    'deals',
    'deal',
    'region',
    'documents',
    'source',
  ];
}

/** The only text in quotes that a statement of ours has. */
const LITERALS = new Set([
  'day',
  'week',
  'month',
  'quarter',
  'year',
  '1 day',
  '7 days',
  '1 month',
  '3 months',
  '1 year',
]);

beforeAll(() => loadModule());

describe('generated questions', () => {
  /** Everything that came out of them must be one SELECT over the model's relations, with nothing of the question in its text. */
  async function expectHeld(question: string, previous: Plan | undefined): Promise<Plan | undefined> {
    const meant = read(question, previous);
    if (meant.kind !== 'plan') {
      if (meant.text.length < 6) throw new Error(`nothing is said about ${question}`);
      return previous;
    }
    const { text, values } = writeStatement(meant.plan, model);
    await guardStatement(text, model);
    expect(highestParameter(text)).toBe(values.length);
    expect(
      [...text.matchAll(/'([^']*)'/g)].map(([, literal]) => literal).filter((literal) => !LITERALS.has(literal ?? '')),
    ).toEqual([]);
    expect(checkPlan(JSON.parse(JSON.stringify(meant.plan)), model)).toEqual(meant.plan);
    return meant.plan;
  }

  const highestParameter = (text: string) =>
    Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));

  test('10,000 of them crash nothing, and every statement is one SELECT over the relations of the model', async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 3, arbitrary: sentence }, { weight: 2, arbitrary: salad }, junk), {
          minLength: 4,
          maxLength: 4,
        }),
        async (turns) => {
          let plan: Plan | undefined;
          for (const turn of turns) {
            const next = await expectHeld(turn, plan);
            if (next !== plan) answered++;
            plan = next;
          }
        },
      ),
      { numRuns: 2500, seed: 20_261_015 },
    );
    // Most of the sentences must be understood, or the test would prove nothing.
    expect(answered).toBeGreaterThan(3000);
  }, 300_000);

  test('a word that nobody knows is never passed over', () => {
    const questions = CORPUS.flatMap(({ turns }) => (turns[0]?.rows === undefined ? [] : [turns[0].ask]));
    fc.assert(
      fc.property(
        pick(questions),
        fc.nat(20),
        pick(['zyxxo', 'blorf', 'Qwertz', 'xx', 'überflux', '§', '¤', 'sales_base']),
        (question, at, word) => {
          const words = question.split(' ');
          words.splice(Math.min(at, words.length), 0, word);
          expect(read(words.join(' ')).kind).not.toBe('plan');
        },
      ),
      { numRuns: 500, seed: 7 },
    );
  });
});
