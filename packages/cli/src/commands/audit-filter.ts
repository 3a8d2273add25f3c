import { auditRecord, type RowQuery } from '@causeway/audit';

import { CommandError, EXIT_USAGE } from '../command-error.ts';

export interface RowFilter {
  readonly filter: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

const COLUMNS: readonly string[] = Object.keys(auditRecord.shape);
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
/** How far an event's id may be from its time: a clock that steps, or more than 4,096 events in a millisecond. */
const SLACK_MS = 60_000;

/** Which rows are meant, as SQL over the trail's columns. */
export function rowFilter({ filter, since, until }: RowFilter, now: Date): Pick<RowQuery, 'where' | 'values'> {
  const conditions: string[] = [];
  const values: string[] = [];
  const add = (value: string, condition: (parameter: string) => string) => {
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  for (const [column, value] of pairs(filter)) add(value, (parameter) => `${column}::text = ${parameter}`);
  if (since !== undefined) {
    const from = moment(since, now);
    add(from.toISOString(), (parameter) => `occurred_at >= ${parameter}`);
    // The id decides which partitions and which part of the index are read.
    add(firstId(from.getTime() - SLACK_MS), (parameter) => `event_id >= ${parameter}`);
  }
  if (until !== undefined) {
    const to = moment(until, now);
    add(to.toISOString(), (parameter) => `occurred_at < ${parameter}`);
    add(firstId(to.getTime() + SLACK_MS), (parameter) => `event_id < ${parameter}`);
  }
  return { where: conditions.length === 0 ? 'true' : conditions.join(' AND '), values };
}

function pairs(filter: string | undefined): [string, string][] {
  if (filter === undefined) return [];
  return filter.split(',').map((pair) => {
    const [column = '', ...rest] = pair.split('=');
    if (rest.length === 0 || !COLUMNS.includes(column)) {
      throw new CommandError(EXIT_USAGE, `--filter takes column=value,…; columns: ${COLUMNS.join(', ')}`);
    }
    return [column, rest.join('=')];
  });
}

/** `24h` ago, or a moment such as 2026-11-20T12:00:00Z. */
export function moment(text: string, now: Date): Date {
  const [, count, unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (count !== undefined) return new Date(now.getTime() - Number(count) * (UNITS[unit] ?? 0) * 1000);
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(date.getTime())) {
    throw new CommandError(EXIT_USAGE, `${JSON.stringify(text)} is no time: say 30m, 24h, 7d, or 2026-11-20T12:00:00Z`);
  }
  return date;
}

// RFC 9562 §5.7: the first 48 bits are milliseconds.
function firstId(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, '0').padEnd(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
