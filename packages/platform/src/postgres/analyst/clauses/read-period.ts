import { type ClosedRange, type DateRange, partsOf } from '../calendar.ts';
import { as, is, skip } from '../language/terms.ts';
import { type Clause, one, type Reader, type Reading, type Rule } from './clause.ts';
import { type Point, readPoint } from './read-point.ts';

/** `last quarter`, `since March`, `between May and July`, `2024 and 2025`, `not in 2024`. */
export const readPeriod: Rule = (reader, at) => {
  if (Object.keys(reader.relation.date).length === 0) return undefined;
  const { terms } = reader;
  // "Not closed in 2024", "closed not in 2024".
  const afterNot = is(terms[at], 'not') ? at + 1 : at;
  const marked = skip(terms, afterNot, 'date', 'filler', 'copula');
  const start = is(terms[marked], 'not') && afterNot === at ? marked + 1 : marked;
  const not = start !== marked || afterNot !== at;
  const from = skip(terms, start, 'filler');
  if (is(terms[from], 'all_time') && !not) return one({ kind: 'remove', what: 'period' }, from + 1);
  return negated(bounded(reader, from) ?? span(reader, from) ?? points(reader, from), not);
};

function negated(found: Reading | undefined, not: boolean): Reading | undefined {
  if (found === undefined || !not) return found;
  const clauses = found.clauses.map((clause) => (clause.kind === 'period' ? { ...clause, not } : clause));
  return { clauses, next: found.next };
}

function bounded(reader: Reader, at: number): Reading | undefined {
  const bound = as(reader.terms[at], 'bound')?.bound;
  if (bound === undefined) return undefined;
  const found = readPoint(reader, skip(reader.terms, at + 1, 'filler'));
  if (found === undefined) return undefined;
  const { from, to } = found.range;
  const range = { since: { from }, after: { from: to }, before: { to: from }, until: { to } }[bound];
  const upper = bound === 'since' || bound === 'after' ? boundedAbove(reader, found.next) : undefined;
  return period([{ ...range, ...upper?.range }], found, upper?.next ?? found.next);
}

/** `since March until June`, `after 2024-05-01 and before 2024-08-01`. */
function boundedAbove(reader: Reader, at: number): { range: DateRange; next: number } | undefined {
  const next = skip(reader.terms, at, 'and');
  const bound = as(reader.terms[next], 'bound')?.bound;
  if (bound !== 'before' && bound !== 'until') return undefined;
  const found = readPoint(reader, skip(reader.terms, next + 1, 'filler'));
  if (found === undefined) return undefined;
  return { range: { to: bound === 'before' ? found.range.from : found.range.to }, next: found.next };
}

/** `from May to July`, `between May and July 2025`, `2024-01-01 to 2024-06-30`. */
function span(reader: Reader, at: number): Reading | undefined {
  const { terms } = reader;
  const opened = is(terms[at], 'between', 'from');
  const first = readPoint(reader, skip(terms, opened ? at + 1 : at, 'filler'));
  if (first === undefined) return undefined;
  const joined = is(terms[at], 'between') ? is(terms[first.next], 'and', 'to') : isTo(reader, first.next);
  if (!joined) return is(terms[at], 'from') ? period([{ from: first.range.from }], first, first.next) : undefined;
  const second = readPoint(reader, skip(terms, first.next + 1, 'filler'));
  if (second === undefined) return undefined;
  const [begin] = withYears([first, second]);
  const from = begin !== undefined && begin.from <= second.range.from ? begin.from : lastYear(first, second);
  if (from > second.range.from) return problem('The period ends before it begins.', second.next);
  return period([{ from, to: second.range.to }], first, second.next);
}

const isTo = ({ terms }: Reader, at: number) => is(terms[at], 'to') || as(terms[at], 'bound')?.bound === 'until';

/** "November to February" begins in the year before. */
function lastYear(first: Point, second: Point): string {
  if (first.inYear === undefined) return first.range.from;
  return first.inYear(partsOf(second.range.from).year - 1).from;
}

/** One period or several: `2024`, `Q1 and Q2 2025`, `this year vs last year`. */
function points(reader: Reader, at: number): Reading | undefined {
  const { terms } = reader;
  const found: Point[] = [];
  let compared = false;
  let next = at;
  for (let from = at; ;) {
    const point = readPoint(reader, skip(terms, from, 'filler'));
    if (point === undefined) break;
    found.push(point);
    next = point.next;
    const joint = skip(terms, next, 'filler');
    if (!is(terms[joint], 'and', 'or', 'versus', 'to')) break;
    compared ||= is(terms[joint], 'versus') && readPoint(reader, skip(terms, joint + 1, 'filler')) !== undefined;
    from = skip(terms, joint + 1, 'and', 'versus');
  }
  const [first] = found;
  if (first === undefined) return undefined;
  if (found.some(({ grain }) => grain !== first.grain)) {
    return problem('Those periods are of different lengths. Which ones do you mean?', next);
  }
  const reading = period(withYears(found), first, next);
  return compared ? { clauses: [...reading.clauses, { kind: 'compare' }], next } : reading;
}

/** In "Q1 and Q3 2025" both are of 2025. */
function withYears(found: readonly Point[]): readonly ClosedRange[] {
  const dated = found.find(({ inYear }) => inYear === undefined);
  return found.map(({ inYear, range }) =>
    inYear === undefined || dated === undefined ? range : inYear(partsOf(dated.range.from).year),
  );
}

function period(ranges: readonly DateRange[], { grain }: Point, next: number): Reading {
  const clause: Clause = { kind: 'period', ranges, grain, not: false };
  return one(clause, next);
}

const problem = (text: string, next: number): Reading => one({ kind: 'problem', text }, next);
