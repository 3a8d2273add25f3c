import type { Comparator } from '../language/meaning.ts';
import { as, is, skip } from '../language/terms.ts';
import type { PlanCondition } from '../plan/plan.ts';
import { type Clause, type ConditionTarget, one, type Reader, type Rule } from './clause.ts';
import { type Amount, readAmount } from './read-amount.ts';
import { measureAt } from './read-measure.ts';
import { yearOf } from './read-point.ts';

const OPPOSITE: Record<Comparator, Comparator> = { gt: 'le', ge: 'lt', lt: 'ge', le: 'gt', eq: 'ne', ne: 'eq' };

/** `over 10k`, `margin below 30%`, `amount between 5,000 and 20,000`, `more than 5 deals`, `10k or more`. */
export const readCondition: Rule = (reader, at) => {
  const { terms } = reader;
  const named = targetAt(reader, at);
  const start = named === undefined ? at : skip(terms, named.next, 'filler', 'copula', 'aggregate');
  const found = conditionsAt(reader, start, named !== undefined);
  if (found === undefined) return undefined;
  const { conditions } = found;
  if (named !== undefined && countsRows(reader, at, found) && 'measure' in named.target) {
    // "How many deals over 10k": the amount is that of a deal.
    const target = found.percent ? 'percent' : 'default';
    const measure: Clause = { kind: 'measure', measure: named.target.measure, bare: false };
    return { clauses: [measure, { kind: 'condition', target, conditions }], next: found.next };
  }
  if (named !== undefined) return one({ kind: 'condition', target: named.target, conditions }, found.next);
  const after = targetAfter(reader, found);
  return one({ kind: 'condition', target: after.target, conditions }, after.next);
};

function countsRows({ terms }: Reader, at: number, { marked }: Found): boolean {
  return is(terms[at], 'how_many') && (marked || terms[at]?.text === 'how many');
}

interface Found {
  readonly conditions: readonly PlanCondition[];
  readonly next: number;
  readonly percent: boolean;
  readonly marked: boolean;
}

function targetAt(reader: Reader, at: number): { target: Exclude<ConditionTarget, string>; next: number } | undefined {
  const number = as(reader.terms[at], 'number')?.name;
  if (number !== undefined) return { target: { number }, next: at + 1 };
  const found = measureAt(reader, at);
  return found === undefined ? undefined : { target: { measure: found.measure }, next: found.next };
}

/** "more than 5 deals" counts, "over 10k revenue" measures, "over 10k" alone is about the number that is usually meant. */
function targetAfter(reader: Reader, { next, percent, marked }: Found): { target: ConditionTarget; next: number } {
  const at = skip(reader.terms, next, 'filler');
  const named = targetAt(reader, at);
  if (named !== undefined) return named;
  if (!marked && is(reader.terms[at], 'subject')) return { target: { measure: { count: 'rows' } }, next: at + 1 };
  return { target: percent ? 'percent' : 'default', next };
}

function conditionsAt(reader: Reader, at: number, named: boolean): Found | undefined {
  const { terms } = reader;
  const not = is(terms[at], 'not');
  const start = not ? skip(terms, at + 1, 'filler') : at;
  return compared(reader, start, not) ?? (not ? undefined : (between(reader, start, named) ?? orMore(reader, start)));
}

function compared({ terms }: Reader, at: number, not: boolean): Found | undefined {
  const comparator = as(terms[at], 'comparator')?.comparator;
  if (comparator === undefined) return undefined;
  const amount = readAmount(terms, skip(terms, at + 1, 'filler'));
  // "over 30 days" is about time.
  if (amount === undefined || is(terms[amount.next], 'grain')) return undefined;
  const conditions = [{ comparator: not ? OPPOSITE[comparator] : comparator, value: amount.value }];
  return { ...amount, conditions };
}

interface Span {
  readonly low: Amount;
  readonly high: Amount;
  readonly opened: boolean;
}

function between(reader: Reader, at: number, named: boolean): Found | undefined {
  const span = spanAt(reader, at);
  if (span === undefined || isAboutTime(reader, span, named)) return undefined;
  const { low, high } = span;
  const conditions: PlanCondition[] = [
    { comparator: 'ge', value: low.value },
    { comparator: 'le', value: high.value },
  ];
  return { conditions, next: high.next, percent: high.percent, marked: low.marked || high.marked };
}

function spanAt({ terms }: Reader, at: number): Span | undefined {
  const opened = is(terms[at], 'between', 'from');
  const low = readAmount(terms, opened ? skip(terms, at + 1, 'filler') : at);
  if (low === undefined) return undefined;
  const joined = opened ? is(terms[low.next], 'and', 'to') : is(terms[low.next], 'to');
  const high = joined ? readAmount(terms, low.next + 1) : undefined;
  return high === undefined ? undefined : { low, high, opened };
}

/** "5 to 10 March" is about days, "between 2024 and 2025" about years, and "5 to 10" alone about nothing. */
function isAboutTime({ terms }: Reader, { low, high, opened }: Span, named: boolean): boolean {
  if (is(terms[high.next], 'month', 'grain')) return true;
  if (named || low.marked || high.marked) return false;
  return !opened || (yearOf(low.value) !== undefined && yearOf(high.value) !== undefined);
}

function orMore({ terms }: Reader, at: number): Found | undefined {
  const amount = readAmount(terms, at);
  const comparator = amount === undefined ? undefined : as(terms[amount.next], 'or_more')?.comparator;
  if (amount === undefined || comparator === undefined) return undefined;
  return { ...amount, conditions: [{ comparator, value: amount.value }], next: amount.next + 1 };
}
