/** Days are ISO dates, without a time or a zone. A range ends before `to`. */
export interface DateRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** A range that has both ends. */
export interface ClosedRange {
  readonly from: string;
  readonly to: string;
}

export const GRAINS = ['day', 'week', 'month', 'quarter', 'year', 'fiscal_quarter', 'fiscal_year'] as const;
export type Grain = (typeof GRAINS)[number];

const MONTHS: Partial<Record<Grain, number>> = { month: 1, quarter: 3, fiscal_quarter: 3, year: 12, fiscal_year: 12 };

/** Where the years of a company begin: 1 is January. */
export type FiscalStart = number;

export function isoDay(year: number, month: number, day: number): string {
  // `Date.UTC` reads the years 0 to 99 as 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.toISOString().slice(0, 10);
}

/** Undefined when the calendar has no such day. */
export function realDay(year: number, month: number, day: number): string | undefined {
  const inRange = year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  const text = inRange ? isoDay(year, month, day) : '';
  return Number(text.slice(8)) === day ? text : undefined;
}

export function partsOf(day: string): { year: number; month: number; day: number } {
  return { year: Number(day.slice(0, 4)), month: Number(day.slice(5, 7)), day: Number(day.slice(8, 10)) };
}

/** The 31st, moved to a shorter month, becomes its last day, as in Postgres. */
export function shiftDay(day: string, grain: Grain, count: number): string {
  const { year, month, day: dayOfMonth } = partsOf(day);
  const months = MONTHS[grain];
  if (months === undefined) return isoDay(year, month, dayOfMonth + count * (grain === 'week' ? 7 : 1));
  const first = partsOf(isoDay(year, month + months * count, 1));
  const last = partsOf(isoDay(first.year, first.month + 1, 0)).day;
  return isoDay(first.year, first.month, Math.min(dayOfMonth, last));
}

/** The first day of the period that holds this day. Weeks begin on Monday. */
export function startOf(day: string, grain: Grain, fiscalStart: FiscalStart): string {
  const { year, month, day: dayOfMonth } = partsOf(day);
  if (grain === 'day') return day;
  if (grain === 'week') {
    const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
    return isoDay(year, month, dayOfMonth - weekday);
  }
  const length = MONTHS[grain] ?? 1;
  const offset = grain.startsWith('fiscal') ? fiscalStart - 1 : 0;
  const behind = (((month - 1 - offset) % length) + length) % length;
  return isoDay(year, month - behind, 1);
}

/** The period that holds this day, or one that is `count` periods away. */
export function periodOf(day: string, grain: Grain, options: { fiscalStart: FiscalStart; away?: number }): ClosedRange {
  const from = shiftDay(startOf(day, grain, options.fiscalStart), grain, options.away ?? 0);
  return { from, to: shiftDay(from, grain, 1) };
}
