import { as, is, skip } from '../language/terms.ts';
import { one, type Reader, type Rule, type SortKey } from './clause.ts';
import { groupAt } from './read-grouping.ts';
import { measureAt } from './read-measure.ts';

/** `sort by revenue descending`, `highest first`, `reverse`. */
export const readSort: Rule = (reader, at) => {
  const { terms } = reader;
  const alone = as(terms[at], 'direction');
  if (alone !== undefined) {
    const key: SortKey | undefined = alone.date === true ? { special: 'date' } : undefined;
    return one({ kind: 'sort', key, direction: alone.direction }, at + 1);
  }
  if (!is(terms[at], 'sort')) return undefined;
  const start = skip(terms, at + 1, 'filler', 'by', 'those');
  const found = sortKeyAt(reader, start);
  const directionAt = skip(terms, found?.next ?? start, 'filler');
  const direction = as(terms[directionAt], 'direction')?.direction;
  if (found === undefined && direction === undefined) {
    return terms[start] === undefined ? one({ kind: 'problem', text: 'Sort by what?' }, start) : undefined;
  }
  return one(
    { kind: 'sort', key: found?.key, direction },
    direction === undefined ? (found?.next ?? start) : directionAt + 1,
  );
};

/** What an answer can be ordered by. */
export function sortKeyAt(reader: Reader, at: number): { key: SortKey; next: number } | undefined {
  const { terms } = reader;
  const number = as(terms[at], 'number')?.name;
  if (number !== undefined) return { key: { number }, next: at + 1 };
  const measure = measureAt(reader, at);
  if (measure !== undefined) return { key: { measure: measure.measure }, next: measure.next };
  if (is(terms[at], 'subject')) return { key: { measure: { count: 'rows' } }, next: at + 1 };
  if (is(terms[at], 'date')) return { key: { special: 'date' }, next: at + 1 };
  if (is(terms[at], 'share')) return { key: { special: 'share' }, next: at + 1 };
  if (is(terms[at], 'growth')) return { key: { special: 'growth' }, next: at + 1 };
  const group = groupAt(reader, at);
  return group === undefined ? undefined : { key: { group: group.group }, next: group.next };
}
