import { as, is, skip } from '../language/terms.ts';
import { type Clause, one, type Reader, type Rule } from './clause.ts';
import { type FoundGroup, groupAt } from './group-at.ts';
import { sortKeyAt } from './sort-key-at.ts';

/** `by region`, `per rep and quarter`, `monthly`; and `by amount`, which orders. */
export const readGrouping: Rule = (reader, at) => {
  const { terms } = reader;
  const adverb = as(terms[at], 'each_grain')?.grain;
  if (adverb !== undefined) return one({ kind: 'group', group: { grain: adverb } }, at + 1);
  if (!is(terms[at], 'by')) return undefined;
  const start = skip(terms, at + 1, 'filler');
  if (terms[start] === undefined) return one({ kind: 'problem', text: 'By what?' }, start);
  const first = groupAt(reader, start);
  if (first === undefined) {
    const key = sortKeyAt(reader, start);
    // "by Wanda" is a condition, which the next rule reads.
    if (key === undefined) return { clauses: [], next: start };
    const directionAt = skip(terms, key.next, 'filler');
    const direction = as(terms[directionAt], 'direction')?.direction;
    const next = direction === undefined ? key.next : directionAt + 1;
    return one({ kind: 'sort', key: key.key, direction: direction ?? 'desc' }, next);
  }
  return more(reader, first);
};

function more(reader: Reader, first: FoundGroup): { clauses: Clause[]; next: number } {
  const { terms } = reader;
  const clauses: Clause[] = [{ kind: 'group', group: first.group }];
  let { next } = first;
  while (is(terms[next], 'and')) {
    const found = groupAt(reader, skip(terms, next, 'and', 'by', 'filler'));
    if (found === undefined) break;
    clauses.push({ kind: 'group', group: found.group });
    next = found.next;
  }
  return { clauses, next };
}
