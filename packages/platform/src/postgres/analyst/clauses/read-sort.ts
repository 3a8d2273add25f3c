import { as, is, skip } from '../language/terms.ts';
import { one, type Reader, type Reading, type Rule, type SortKey } from './clause.ts';
import { sortKeyAt } from './sort-key-at.ts';

/** `sort by revenue descending`, `highest first`, `oldest first`. */
export const readSort: Rule = (reader, at) => {
  const { terms } = reader;
  if (is(terms[at], 'sort')) return sorted(reader, skip(terms, at + 1, 'filler', 'by', 'those'));
  const alone = as(terms[at], 'direction');
  if (alone === undefined) return undefined;
  const key: SortKey | undefined = alone.date === true ? { special: 'date' } : undefined;
  return one({ kind: 'sort', key, direction: alone.direction }, at + 1);
};

function sorted(reader: Reader, at: number): Reading | undefined {
  const { terms } = reader;
  if (terms[at] === undefined) return one({ kind: 'problem', text: 'Sort by what?' }, at);
  const found = sortKeyAt(reader, at);
  const afterKey = found?.next ?? at;
  const directionAt = skip(terms, afterKey, 'filler');
  const direction = as(terms[directionAt], 'direction')?.direction;
  if (found === undefined && direction === undefined) return undefined;
  return one({ kind: 'sort', key: found?.key, direction }, direction === undefined ? afterKey : directionAt + 1);
}
