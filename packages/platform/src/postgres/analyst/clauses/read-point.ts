import { type ClosedRange, type Grain, isoDay, partsOf, periodOf, realDay, shiftDay } from '../calendar.ts';
import { as, is, skip, type Term, tokenOf } from '../language/terms.ts';
import type { Reader } from './clause.ts';

/** One period of a question, such as `Q3 2025`, `last month` or `5 March`. */
export interface Point {
  readonly range: ClosedRange;
  readonly grain: Grain;
  readonly next: number;
  /** A month, quarter or half without its year: the same one in another year. */
  readonly inYear?: (year: number) => ClosedRange;
}

type PointRule = (reader: Reader, at: number) => Point | undefined;

export const readPoint: PointRule = (reader, at) => {
  for (const rule of [isoPoint, relativePoint, fiscalPoint, monthPoint, quarterPoint, yearPoint]) {
    const point = rule(reader, at);
    if (point !== undefined) return point;
  }
  return undefined;
};

const point = (range: ClosedRange, grain: Grain, next: number): Point => ({ range, grain, next });

const isoPoint: PointRule = ({ terms }, at) => {
  const day = tokenOf(terms[at], 'day') ?? tokenOf(terms[at], 'month');
  if (day === undefined) return undefined;
  const [year = 0, month = 0, dayOfMonth = 1] = day.text.split('-').map(Number);
  const from = realDay(year, month, dayOfMonth);
  if (from === undefined) return undefined;
  const grain = day.kind === 'day' ? 'day' : 'month';
  return point({ from, to: shiftDay(from, grain, 1) }, grain, at + 1);
};

/** `last quarter`, `this year`, `last 30 days`, `yesterday`, `year to date`. */
const relativePoint: PointRule = (reader, at) => {
  const { terms, today, model } = reader;
  const fiscalStart = model.fiscalYearStart;
  const day = as(terms[at], 'day');
  if (day !== undefined) return point(periodOf(today, 'day', { fiscalStart, away: day.away }), 'day', at + 1);
  const grain = as(terms[at], 'to_date')?.grain;
  if (grain === undefined) return lastOrNext(reader, at);
  const { from } = periodOf(today, grain, { fiscalStart });
  return point({ from, to: shiftDay(today, 'day', 1) }, grain, at + 1);
};

/** `last quarter`, `next 3 months`, `this fiscal year`. */
const lastOrNext: PointRule = ({ terms, today, model }, at) => {
  const away = as(terms[at], 'relative')?.away;
  if (away === undefined) return undefined;
  const count = numberAt(terms[at + 1]);
  const unitAt = count === undefined ? at + 1 : at + 2;
  const fiscal = is(terms[unitAt], 'fiscal');
  const grainAt = fiscal ? unitAt + 1 : unitAt;
  const grain = fiscalGrain(as(terms[grainAt], 'grain')?.grain, fiscal);
  if (grain === undefined) return undefined;
  const range =
    count === undefined
      ? periodOf(today, grain, { fiscalStart: model.fiscalYearStart, away })
      : rolling({ today, count, away }, grain);
  return range === undefined ? undefined : point(range, grain, grainAt + 1);
};

/** The last `count` days, weeks or months up to and with today; or the next ones, from tomorrow. */
function rolling(
  { today, count, away }: { today: string; count: number; away: number },
  grain: Grain,
): ClosedRange | undefined {
  if (away === 0 || !Number.isInteger(count) || count < 1 || count > 1000) return undefined;
  const tomorrow = shiftDay(today, 'day', 1);
  if (away > 0) return { from: tomorrow, to: shiftDay(tomorrow, grain, count) };
  return { from: shiftDay(tomorrow, grain, -count), to: tomorrow };
}

function fiscalGrain(grain: Grain | undefined, fiscal: boolean): Grain | undefined {
  if (!fiscal || grain === undefined) return grain;
  return grain === 'quarter' ? 'fiscal_quarter' : grain === 'year' ? 'fiscal_year' : undefined;
}

/** `FY2026`, `fiscal year 2026`, `fiscal Q2 2026`. The year is the one in which it ends. */
const fiscalPoint: PointRule = (reader, at) => {
  const { terms } = reader;
  const glued = /^fy(\d{2}|\d{4})$/.exec(terms[at]?.text ?? '')?.[1];
  if (glued !== undefined) return fiscalYear(reader, Number(glued), at + 1);
  if (!is(terms[at], 'fiscal')) return undefined;
  const quarter = as(terms[at + 1], 'quarter')?.quarter;
  if (quarter !== undefined) return fiscalQuarter(reader, quarter, at + 2);
  const yearAt = skip(terms, at + 1, 'grain');
  const year = yearOf(numberAt(terms[yearAt]));
  return year === undefined ? undefined : fiscalYear(reader, year, yearAt + 1);
};

function fiscalQuarter(reader: Reader, quarter: number, next: number): Point {
  const yearAt = skip(reader.terms, next, 'fiscal', 'filler');
  const year = yearOf(numberAt(reader.terms[yearAt]));
  const inYear = (of: number) => {
    const from = shiftDay(fiscalBegin(reader, of), 'quarter', quarter - 1);
    return { from, to: shiftDay(from, 'quarter', 1) };
  };
  return yearly({ inYear, year, today: reader.today }, 'fiscal_quarter', year === undefined ? next : yearAt + 1);
}

function fiscalBegin({ model }: Reader, year: number): string {
  const start = model.fiscalYearStart;
  return isoDay(start === 1 ? year : year - 1, start, 1);
}

function fiscalYear(reader: Reader, written: number, next: number): Point {
  const from = fiscalBegin(reader, written < 100 ? 2000 + written : written);
  return point({ from, to: shiftDay(from, 'year', 1) }, 'fiscal_year', next);
}

/** `March`, `March 2025`, `March 5`, `5 March 2025`, `the 5th of March, 2025`. */
const monthPoint: PointRule = (reader, at) => {
  const { today } = reader;
  const named = namedMonth(reader, at);
  if (named === undefined) return undefined;
  const { month, day, next } = named;
  const year = yearAfter(reader, next);
  // Some years have a 29th of February.
  if (day !== undefined && realDay(year?.year ?? 2024, month, day) === undefined) return undefined;
  const grain = day === undefined ? 'month' : 'day';
  const inYear = (of: number) => {
    const from = isoDay(of, month, day ?? 1);
    return { from, to: shiftDay(from, grain, 1) };
  };
  return yearly({ inYear, year: year?.year, today }, grain, year?.next ?? next);
};

interface NamedMonth {
  readonly month: number;
  readonly day: number | undefined;
  readonly next: number;
}

function namedMonth({ terms }: Reader, at: number): NamedMonth | undefined {
  const dayFirst = dayOfMonth(numberAt(terms[at]));
  const monthAt = dayFirst === undefined ? at : skip(terms, at + 1, 'filler');
  const month = as(terms[monthAt], 'month')?.month;
  if (month === undefined) return undefined;
  if (dayFirst !== undefined) return { month, day: dayFirst, next: monthAt + 1 };
  const day = dayOfMonth(numberAt(terms[monthAt + 1]));
  return { month, day, next: monthAt + (day === undefined ? 1 : 2) };
}

/** `March 2025`, `March of 2025`, `5 March, 2025`; but not "March and 2025". */
function yearAfter({ terms }: Reader, at: number): { year: number; next: number } | undefined {
  const yearAt = terms[at]?.text === ',' || is(terms[at], 'filler') ? at + 1 : at;
  const year = yearOf(numberAt(terms[yearAt]));
  return year === undefined ? undefined : { year, next: yearAt + 1 };
}

/** `Q3`, `Q3 2025`, `third quarter of 2025`, `2025 Q3`, `H1 2025`. */
const quarterPoint: PointRule = (reader, at) => {
  const { terms, today } = reader;
  const yearFirst = yearOf(numberAt(terms[at]));
  const partAt = yearFirst === undefined ? at : at + 1;
  const part = partOfYear(terms[partAt]);
  if (part === undefined) return undefined;
  const yearLast = yearFirst === undefined ? yearAfter(reader, partAt + 1) : undefined;
  const { months, index } = part;
  const inYear = (of: number) => {
    const from = isoDay(of, 1 + months * index, 1);
    return { from, to: shiftDay(from, 'month', months) };
  };
  return yearly({ inYear, year: yearFirst ?? yearLast?.year, today }, 'quarter', yearLast?.next ?? partAt + 1);
};

function partOfYear(term: Term | undefined): { months: number; index: number } | undefined {
  const quarter = as(term, 'quarter')?.quarter;
  if (quarter !== undefined) return { months: 3, index: quarter - 1 };
  const half = as(term, 'half')?.half;
  return half === undefined ? undefined : { months: 6, index: half - 1 };
}

const yearPoint: PointRule = ({ terms, model }, at) => {
  const yearAt = as(terms[at], 'grain')?.grain === 'year' ? at + 1 : at;
  const year = yearOf(numberAt(terms[yearAt]));
  if (year === undefined) return undefined;
  return point(periodOf(isoDay(year, 1, 1), 'year', { fiscalStart: model.fiscalYearStart }), 'year', yearAt + 1);
};

interface Yearly {
  readonly inYear: (year: number) => ClosedRange;
  readonly year: number | undefined;
  readonly today: string;
}

/** Without a year it is the latest one that has begun. */
function yearly({ inYear, year, today }: Yearly, grain: Grain, next: number): Point {
  if (year !== undefined) return { range: inYear(year), grain, next };
  const now = partsOf(today).year;
  const latest = [now + 1, now, now - 1].find((candidate) => inYear(candidate).from <= today) ?? now;
  return { range: inYear(latest), grain, next, inYear };
}

const dayOfMonth = (value: number | undefined) =>
  value !== undefined && Number.isInteger(value) && value >= 1 && value <= 31 ? value : undefined;

/** A number of days or a year, which is no amount. */
function numberAt(term: Term | undefined): number | undefined {
  const token = tokenOf(term, 'number');
  return token?.mark === undefined || token.mark === 'ordinal' ? token?.value : undefined;
}

/** A number that reads as a year. */
export const yearOf = (value: number | undefined) =>
  value !== undefined && Number.isInteger(value) && value >= 1900 && value <= 2100 ? value : undefined;
