import { type ClosedRange, type Grain, isoDay, partsOf, periodOf, realDay, shiftDay } from '../calendar.ts';
import { as, is, skip, tokenOf } from '../language/terms.ts';
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
const relativePoint: PointRule = ({ terms, today, model }, at) => {
  const toDate = as(terms[at], 'to_date');
  const day = as(terms[at], 'day');
  const relative = as(terms[at], 'relative');
  const fiscalStart = model.fiscalYearStart;
  if (day !== undefined) return point(periodOf(today, 'day', { fiscalStart, away: day.away }), 'day', at + 1);
  if (toDate?.grain !== undefined) {
    const { from } = periodOf(today, toDate.grain, { fiscalStart });
    return point({ from, to: shiftDay(today, 'day', 1) }, toDate.grain, at + 1);
  }
  if (relative === undefined) return undefined;
  const count = tokenOf(terms[at + 1], 'number')?.value;
  const fiscal = is(terms[at + (count === undefined ? 1 : 2)], 'fiscal');
  const unit = at + 1 + (count === undefined ? 0 : 1) + (fiscal ? 1 : 0);
  const grain = fiscalGrain(as(terms[unit], 'grain')?.grain, fiscal);
  if (grain === undefined) return undefined;
  if (count === undefined) return point(periodOf(today, grain, { fiscalStart, away: relative.away }), grain, unit + 1);
  const range = rolling({ today, count, away: relative.away }, grain);
  return range === undefined ? undefined : point(range, grain, unit + 1);
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
const fiscalPoint: PointRule = ({ terms, today, model }, at) => {
  const glued = /^fy(\d{2}|\d{4})$/.exec(terms[at]?.text ?? '');
  if (!is(terms[at], 'fiscal') && glued === null) return undefined;
  const fiscalStart = model.fiscalYearStart;
  const begin = (year: number) => isoDay(fiscalStart === 1 ? year : year - 1, fiscalStart, 1);
  if (glued !== null) return fiscalYear(begin, Number(glued[1]), at + 1);
  const quarter = as(terms[at + 1], 'quarter')?.quarter;
  const yearAt = quarter === undefined ? skip(terms, at + 1, 'grain') : skip(terms, at + 2, 'fiscal', 'filler');
  const year = yearOf(tokenOf(terms[yearAt], 'number')?.value);
  if (quarter === undefined) return year === undefined ? undefined : fiscalYear(begin, year, yearAt + 1);
  const inYear = (of: number) => {
    const from = shiftDay(begin(of), 'quarter', quarter - 1);
    return { from, to: shiftDay(from, 'quarter', 1) };
  };
  return yearly({ inYear, year, today }, 'fiscal_quarter', year === undefined ? at + 2 : yearAt + 1);
};

function fiscalYear(begin: (year: number) => string, written: number, next: number): Point {
  const from = begin(written < 100 ? 2000 + written : written);
  return point({ from, to: shiftDay(from, 'year', 1) }, 'fiscal_year', next);
}

/** `March`, `March 2025`, `March 5`, `5 March 2025`, `the 5th of March, 2025`. */
const monthPoint: PointRule = ({ terms, today }, at) => {
  const dayFirst = dayOfMonth(tokenOf(terms[at], 'number')?.value);
  const monthAt = dayFirst === undefined ? at : skip(terms, at + 1, 'filler');
  const month = as(terms[monthAt], 'month')?.month;
  if (month === undefined) return undefined;
  const dayLast = dayFirst === undefined ? dayOfMonth(tokenOf(terms[monthAt + 1], 'number')?.value) : undefined;
  const afterDay = monthAt + (dayLast === undefined ? 1 : 2);
  const yearAt = skip(terms, afterDay, 'and', 'filler');
  const spoken = yearAt === afterDay || terms[afterDay]?.text === ',' || terms[afterDay]?.text === 'of';
  const year = spoken ? yearOf(tokenOf(terms[yearAt], 'number')?.value) : undefined;
  const next = year === undefined ? afterDay : yearAt + 1;
  const day = dayFirst ?? dayLast;
  const grain = day === undefined ? 'month' : 'day';
  if (day !== undefined && realDay(year ?? 2024, month, day) === undefined) return undefined;
  const inYear = (of: number) => {
    const from = isoDay(of, month, day ?? 1);
    return { from, to: shiftDay(from, grain, 1) };
  };
  return yearly({ inYear, year, today }, grain, next);
};

/** `Q3`, `Q3 2025`, `third quarter of 2025`, `2025 Q3`, `H1 2025`. */
const quarterPoint: PointRule = ({ terms, today }, at) => {
  const yearFirst = yearOf(tokenOf(terms[at], 'number')?.value);
  const partAt = yearFirst === undefined ? at : at + 1;
  const quarter = as(terms[partAt], 'quarter')?.quarter;
  const half = as(terms[partAt], 'half')?.half;
  if (quarter === undefined && half === undefined) return undefined;
  const months = quarter === undefined ? 6 : 3;
  const yearAt = skip(terms, partAt + 1, 'filler');
  const year = yearFirst ?? yearOf(tokenOf(terms[yearAt], 'number')?.value);
  const next = yearFirst === undefined && year !== undefined ? yearAt + 1 : partAt + 1;
  const inYear = (of: number) => {
    const from = isoDay(of, 1 + months * ((quarter ?? half ?? 1) - 1), 1);
    return { from, to: shiftDay(from, 'month', months) };
  };
  return yearly({ inYear, year, today }, 'quarter', next);
};

const yearPoint: PointRule = ({ terms, model }, at) => {
  const yearAt = as(terms[at], 'grain')?.grain === 'year' ? at + 1 : at;
  const token = tokenOf(terms[yearAt], 'number');
  const year = token?.mark === undefined ? yearOf(token?.value) : undefined;
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

/** A number that reads as a year. */
export const yearOf = (value: number | undefined) =>
  value !== undefined && Number.isInteger(value) && value >= 1900 && value <= 2100 ? value : undefined;
