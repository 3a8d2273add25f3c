import type { Kind } from '../language/meaning.ts';
import { as, is, skip, type Term } from '../language/terms.ts';
import { type Clause, one, type Reader, type Reading, type Removal, type Rule } from './clause.ts';
import { readPeriod } from './read-period.ts';

/** `remove the filter`, `without the grouping`, `all regions`, `start over`. */
export const readRemoval: Rule = (reader, at) => {
  const { terms } = reader;
  if (is(terms[at], 'restart')) return one({ kind: 'restart' }, at + 1);
  if (is(terms[at], 'all')) return allOf(reader, at);
  const asked = is(terms[at], 'remove');
  if (!asked && !is(terms[at], 'not')) return undefined;
  const start = skip(terms, at + 1, 'filler', 'those', ...(asked ? (['all'] as const) : []));
  const what = removalAt(reader, start, asked);
  if (what !== undefined) return one({ kind: 'remove', what }, skip(terms, start + 1, 'filters', 'grouping', 'filler'));
  return asked ? removedPeriod(reader, start) : undefined;
};

/** "All regions" takes a condition away; "all deals" says nothing more than "deals". */
function allOf({ terms }: Reader, at: number): Reading {
  const nounAt = skip(terms, at + 1, 'filler');
  const dimension = as(terms[nounAt], 'dimension');
  const all: Clause = { kind: 'all' };
  if (dimension?.plural !== true) return one(all, at + 1);
  return { clauses: [all, { kind: 'remove', what: { dimension: dimension.name } }], next: nounAt + 1 };
}

/** What may be taken away by name, and the words that name it. */
const PARTS: readonly (readonly [Removal, readonly Kind[]])[] = [
  ['grouping', ['grain', 'by']],
  ['limit', ['limit', 'rank']],
  ['share', ['share']],
  ['growth', ['growth']],
];

function removalAt({ terms }: Reader, at: number, asked: boolean): Removal | undefined {
  const term = terms[at];
  if (is(term, 'filters')) return 'filters';
  if (is(term, 'grouping')) return 'grouping';
  // "Without WEST" is a condition; "without the region filter" takes one away.
  if (!asked && !is(terms[at + 1], 'filters', 'grouping')) return undefined;
  if (is(term, 'date')) return 'period';
  return conditionAt(term) ?? PARTS.find(([, kinds]) => is(term, ...kinds))?.[0];
}

function conditionAt(term: Term | undefined): Removal | undefined {
  const dimension = as(term, 'dimension')?.name ?? as(term, 'value')?.dimension;
  if (dimension !== undefined) return { dimension };
  const number = as(term, 'number')?.name;
  return number === undefined ? undefined : { number };
}

function removedPeriod(reader: Reader, at: number): Reading | undefined {
  const period = readPeriod(reader, at);
  if (period === undefined) return undefined;
  return one({ kind: 'remove', what: 'period' }, skip(reader.terms, period.next, 'filters'));
}
