import fc from 'fast-check';
import { TOPICS } from '../language/topics.ts';
import { WORDS } from '../language/words.ts';
import type { SemanticModel } from '../model/semantic-model.ts';

/** Four turns: sentences that mostly make sense, the model's words in any order, and junk. */
export const conversations = (model: SemanticModel): fc.Arbitrary<string[]> =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: sentence },
      { weight: 2, arbitrary: saladOf(model) },
      { weight: 1, arbitrary: junk },
    ),
    { minLength: 4, maxLength: 4 },
  );

const pick = (values: readonly string[]) => fc.constantFrom(...values);

const phraseOf = (model: SemanticModel) =>
  fc.oneof(
    { weight: 4, arbitrary: pick(WORDS.flatMap(([phrases]) => phrases.split(', ')).filter((word) => word !== '')) },
    { weight: 6, arbitrary: pick(modelWords(model)) },
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
const saladOf = (model: SemanticModel) =>
  fc.array(phraseOf(model), { minLength: 1, maxLength: 14 }).map((words) => words.join(' '));
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

function modelWords({ relations: { deals } }: SemanticModel): string[] {
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
