/**
 * The language of row rules, whole. What is not here cannot be said: a rule that was read is one of these trees, and the SQL for
 * an engine is written anew from the tree. `and` and `or` never hold one of their own kind directly, so a rule has one form.
 */
export type Predicate =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Predicate[] }
  | { readonly kind: 'not'; readonly of: Predicate }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly left: Value; readonly right: Value }
  | { readonly kind: 'in'; readonly negated: boolean; readonly value: Value; readonly list: readonly Value[] }
  | {
      readonly kind: 'between';
      readonly negated: boolean;
      readonly value: Value;
      readonly low: Value;
      readonly high: Value;
    }
  | { readonly kind: 'is-null'; readonly negated: boolean; readonly value: Value }
  | { readonly kind: 'like'; readonly negated: boolean; readonly value: Value; readonly pattern: string }
  /** A boolean column, `true`, `false`, or a `coalesce` of these. */
  | { readonly kind: 'holds'; readonly value: Value };

export type Value =
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'caller-email' }
  | { readonly kind: 'string'; readonly text: string }
  /** Digits as they were written: a number of the engine is wider than ours. */
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'time'; readonly type: TimeType; readonly text: string }
  | { readonly kind: 'current-date' }
  | { readonly kind: 'call'; readonly function: PredicateFunction; readonly args: readonly Value[] };

export const COMPARISONS = ['=', '<>', '<', '<=', '>', '>='] as const;
type Comparison = (typeof COMPARISONS)[number];

export const TIME_TYPES = ['date', 'timestamp', 'timestamptz'] as const;
export type TimeType = (typeof TIME_TYPES)[number];

export type PredicateFunction = 'lower' | 'upper' | 'coalesce';

/** The values that a predicate compares, in the order in which they are written. */
function valuesOf(predicate: Predicate): readonly Value[] {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return predicate.of.flatMap(valuesOf);
    case 'not':
      return valuesOf(predicate.of);
    case 'compare':
      return [predicate.left, predicate.right];
    case 'in':
      return [predicate.value, ...predicate.list];
    case 'between':
      return [predicate.value, predicate.low, predicate.high];
    case 'is-null':
    case 'like':
    case 'holds':
      return [predicate.value];
  }
}

/** The columns that a predicate reads, each once. */
export function columnsOf(predicate: Predicate): readonly string[] {
  return [...new Set(valuesOf(predicate).flatMap(columnsOfValue))];
}

function columnsOfValue(value: Value): readonly string[] {
  if (value.kind === 'column') return [value.name];
  return value.kind === 'call' ? value.args.flatMap(columnsOfValue) : [];
}

export function usesCallerEmail(predicate: Predicate): boolean {
  return valuesOf(predicate).some(isCallerEmail);
}

function isCallerEmail(value: Value): boolean {
  return value.kind === 'caller-email' || (value.kind === 'call' && value.args.some(isCallerEmail));
}
