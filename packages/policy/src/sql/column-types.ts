import { columnsOf, type Predicate, type Value } from './predicate.ts';
import type { RelationRules } from './access-rules.ts';

/**
 * The type of each column that a row filter takes as a parameter, or undefined where the policy must say. A wrong guess would not be refused
 * by the engine but converted, and `'9' < '10'` is another rule as text: so only columns that are compared with text, for equality, are guessed.
 */
export function columnTypes(rules: RelationRules): ReadonlyMap<string, string | undefined> {
  const predicates = rules.rows.flatMap(({ predicate }) => (predicate === 'all' ? [] : [predicate]));
  const textual = new Set(predicates.flatMap(textColumns));
  const other = new Set(predicates.flatMap(otherColumns));
  const columns = new Set(predicates.flatMap(columnsOf));
  const guess = (column: string) => (textual.has(column) && !other.has(column) ? 'STRING' : undefined);
  return new Map([...columns].map((column) => [column, rules.types[column] ?? guess(column)]));
}

/** Columns of which this predicate shows that they are text. */
function textColumns(predicate: Predicate): readonly string[] {
  return leavesOf(predicate).flatMap((leaf) => (isTextTest(leaf) ? columnsOf(leaf) : []));
}

/** Columns that are used in any other way, but for `IS NULL`, which fits every type. */
function otherColumns(predicate: Predicate): readonly string[] {
  return leavesOf(predicate).flatMap((leaf) => (isTextTest(leaf) || leaf.kind === 'is-null' ? [] : columnsOf(leaf)));
}

type Leaf = Exclude<Predicate, { readonly of: unknown }>;

function leavesOf(predicate: Predicate): readonly Leaf[] {
  return 'of' in predicate ? [predicate.of].flat().flatMap(leavesOf) : [predicate];
}

/** Something against text, without order. */
function isTextTest(leaf: Leaf): boolean {
  if (leaf.kind === 'like') return true;
  if (leaf.kind === 'in') return leaf.list.every(isText);
  if (leaf.kind !== 'compare' || (leaf.operator !== '=' && leaf.operator !== '<>')) return false;
  return isText(leaf.left) || isText(leaf.right);
}

function isText(value: Value): boolean {
  if (value.kind === 'call') return value.function !== 'coalesce';
  return value.kind === 'string' || value.kind === 'caller-email';
}
