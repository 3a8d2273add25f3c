import type { Kind, Meaning, MeaningOf } from '../language/meaning.ts';
import { as, is, skip, type Term } from '../language/terms.ts';
import { type Clause, one, type Reading, type Rule } from './clause.ts';

/** Words that say something by themselves. */
export const readSingle: Rule = ({ terms }, at) => {
  const term = terms[at];
  if (at === 0 && is(term, 'and')) return one({ kind: 'and' }, 1);
  if (leadsToValue(terms, at)) return { clauses: [], next: at + 1 };
  return fiscalMention(terms, at) ?? firstOf(term, at + 1);
};

/** "From Redwood Foods", "to Redwood Foods", "between WEST and EAST". */
const leadsToValue = (terms: readonly Term[], at: number) =>
  is(terms[at], 'from', 'to', 'between') && is(terms[skip(terms, at + 1, 'filler', 'dimension')], 'value');

function fiscalMention(terms: readonly Term[], at: number): Reading | undefined {
  const grain = is(terms[at], 'fiscal') ? as(terms[at + 1], 'grain')?.grain : undefined;
  if (grain !== 'quarter' && grain !== 'year') return undefined;
  return one({ kind: 'mention', group: { grain: `fiscal_${grain}` }, plural: false }, at + 2);
}

function firstOf(term: Term | undefined, next: number): Reading | undefined {
  if (term === undefined) return undefined;
  const found = term.meanings.map((meaning) => clausesOf(meaning, term.typed)).find((clauses) => clauses !== undefined);
  return found === undefined ? undefined : { clauses: found, next };
}

type Read = { readonly [K in Kind]?: (meaning: MeaningOf<K>, word: string) => readonly Clause[] };

const nothing = () => [];
const badOr = (): readonly Clause[] => [
  { kind: 'problem', text: 'I can read "or" between values of one kind only, such as "WEST or EAST".' },
];

/** `and` between clauses says nothing; any other word of grammar that is left over was not understood. */
const READ: Read = {
  filler: nothing,
  and: nothing,
  distinct: nothing,
  topic: ({ topic }, word) => [{ kind: 'topic', topic, word }],
  or: badOr,
  or_more: badOr,
  not: (_, word) => [{ kind: 'problem', text: `"${word}" what?` }],
  grain: ({ grain, plural }) => [{ kind: 'mention', group: { grain }, plural }],
  dimension: ({ name, plural }) => [{ kind: 'mention', group: { dimension: name }, plural }],
  number: ({ name }) => [{ kind: 'number', number: name }],
  subject: ({ plural }) => [{ kind: 'subject', plural }],
  growth: ({ grain }) => [{ kind: 'growth', grain }],
  cue: ({ cue }) => [{ kind: 'cue', cue }],
  versus: () => [{ kind: 'compare' }],
  compare: () => [{ kind: 'compare' }],
  list: () => [{ kind: 'list' }],
  how_much: () => [{ kind: 'how_much' }],
  which: () => [{ kind: 'which' }],
  date: () => [{ kind: 'date' }],
  share: () => [{ kind: 'share' }],
  trend: () => [{ kind: 'trend' }],
  copula: () => [{ kind: 'copula' }],
  those: () => [{ kind: 'those' }],
  reverse: () => [{ kind: 'reverse' }],
};

function clausesOf(meaning: Meaning, word: string): readonly Clause[] | undefined {
  const read = READ[meaning.kind] as ((of: Meaning, word: string) => readonly Clause[]) | undefined;
  return read?.(meaning, word);
}
