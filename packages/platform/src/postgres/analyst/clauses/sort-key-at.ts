import type { Kind } from '../language/meaning.ts';
import { as, is } from '../language/terms.ts';
import type { Reader, SortKey } from './clause.ts';
import { groupAt } from './group-at.ts';
import { measureAt } from './read-measure.ts';

const SPECIAL = ['date', 'share', 'growth'] as const satisfies readonly Kind[];

/** What an answer can be ordered by. */
export function sortKeyAt(reader: Reader, at: number): { key: SortKey; next: number } | undefined {
  const term = reader.terms[at];
  const number = as(term, 'number')?.name;
  if (number !== undefined) return { key: { number }, next: at + 1 };
  const measure = measureAt(reader, at);
  if (measure !== undefined) return { key: { measure: measure.measure }, next: measure.next };
  if (is(term, 'subject')) return { key: { measure: { count: 'rows' } }, next: at + 1 };
  const special = SPECIAL.find((kind) => is(term, kind));
  if (special !== undefined) return { key: { special }, next: at + 1 };
  const group = groupAt(reader, at);
  return group === undefined ? undefined : { key: { group: group.group }, next: group.next };
}
