import type { TimeType } from './predicate.ts';

const DATE = '\\d{4}-\\d{2}-\\d{2}';
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?';

const SHAPES: Record<TimeType, RegExp> = {
  date: new RegExp(`^${DATE}$`),
  timestamp: new RegExp(`^${DATE} ${TIME}$`),
  timestamptz: new RegExp(`^${DATE} ${TIME}(?:Z|[+-](?:0\\d|1[0-4]):[0-5]\\d)$`),
};

/** One written form per type, and no `now`, `today` or `infinity`: those mean another time on another day. */
export function isTime(type: TimeType, text: string): boolean {
  if (!SHAPES[type].test(text)) return false;
  const day = text.slice(0, 10);
  const read = new Date(`${day}T00:00:00Z`);
  return day > '0000-12-31' && !Number.isNaN(read.getTime()) && read.toISOString().slice(0, 10) === day;
}
