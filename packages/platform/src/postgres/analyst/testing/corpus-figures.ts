import type { Deal } from '../../../sample/deals.ts';

/** Figures over deals, worked out in plain TypeScript: what the analyst's SQL must agree with. */
export type Row = Readonly<Record<string, string | number | null>>;
export type Deals = readonly Deal[];

const cents = (amount: number) => Math.round(amount * 100);
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + cents(value), 0) / 100;
export const round = (value: number) => Math.round((value + Number.EPSILON) * 100) / 100;

/** Postgres has no total and no average of nothing. */
const unlessEmpty = (measure: (deals: Deals) => number) => (deals: Deals) =>
  deals.length === 0 ? null : measure(deals);
const mean = (values: readonly number[]) => round(total(values) / values.length);

export const count = (deals: Deals) => deals.length;
export const revenue = unlessEmpty((deals) => total(deals.map(({ amount }) => amount)));
export const averageAmount = unlessEmpty((deals) => mean(deals.map(({ amount }) => amount)));
export const averageMargin = unlessEmpty((deals) => mean(deals.map(({ margin_pct }) => margin_pct)));
export const highestAmount = unlessEmpty((deals) => Math.max(...deals.map(({ amount }) => amount)));
export const lowestAmount = unlessEmpty((deals) => Math.min(...deals.map(({ amount }) => amount)));
export const highestMargin = unlessEmpty((deals) => Math.max(...deals.map(({ margin_pct }) => margin_pct)));
export const won = (deals: Deals) => deals.filter(({ stage }) => stage === 'won');
export const lost = (deals: Deals) => deals.filter(({ stage }) => stage === 'lost');
export const open = (deals: Deals) =>
  deals.filter(({ stage }) => ['prospect', 'qualified', 'proposal'].includes(stage));
export const winRate = unlessEmpty((deals) =>
  round((100 * won(deals).length) / (won(deals).length + lost(deals).length)),
);
export const different = (key: (deal: Deal) => string) => (deals: Deals) => new Set(deals.map(key)).size;

export const within = (from: string, until: string) => (deals: Deals) =>
  deals.filter(({ closed_on }) => closed_on >= from && closed_on <= until);

export const month = ({ closed_on }: Deal) => `${closed_on.slice(0, 7)}-01`;
export const year = ({ closed_on }: Deal) => `${closed_on.slice(0, 4)}-01-01`;
export const quarter = ({ closed_on }: Deal) =>
  `${closed_on.slice(0, 4)}-${String(Math.floor((Number(closed_on.slice(5, 7)) - 1) / 3) * 3 + 1).padStart(2, '0')}-01`;
export const week = ({ closed_on }: Deal) => {
  const day = new Date(`${closed_on}T00:00:00Z`);
  return new Date(day.getTime() - ((day.getUTCDay() + 6) % 7) * 86_400_000).toISOString().slice(0, 10);
};

type Key = (deal: Deal) => string;
type Measure = (deals: Deals) => number | null;

/** One row for each combination of keys, in the order of `order`: a column's name, with `-` for the highest first. */
export function table(
  deals: Deals,
  keys: Readonly<Record<string, Key>>,
  measures: Readonly<Record<string, Measure>>,
  order: string,
): Row[] {
  const groups = Map.groupBy(deals, (deal) => JSON.stringify(Object.values(keys).map((key) => key(deal))));
  const rows = [...groups.values()].map((some): Row => ({
    ...Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, key(some[0] as Deal)])),
    ...Object.fromEntries(Object.entries(measures).map(([name, measure]) => [name, measure(some)])),
  }));
  return sorted(rows, order, Object.keys(keys));
}

function sorted(rows: readonly Row[], order: string, ties: readonly string[]): Row[] {
  const name = order.replace('-', '');
  const sign = order.startsWith('-') ? -1 : 1;
  return rows.toSorted((a, b) => {
    const main = compare(a[name], b[name]);
    // What is empty comes last either way.
    if (main !== 0) return a[name] === null ? 1 : b[name] === null ? -1 : sign * main;
    return ties.map((tie) => compare(a[tie], b[tie])).find((result) => result !== 0) ?? 0;
  });
}

function compare(a: string | number | null | undefined, b: string | number | null | undefined): number {
  if (a === b) return 0;
  return (a ?? '') < (b ?? '') ? -1 : 1;
}

export const one = (row: Row): Row[] => [row];

/** Rows as a list of deals shows them. */
export const listed = (deals: Deals, order: string, limit = Number.POSITIVE_INFINITY): Row[] =>
  sorted(
    deals.map(({ id, rep_email, ...deal }) => ({ deal_id: id, rep: rep_email, ...deal })),
    order,
    ['deal_id'],
  ).slice(0, limit);

/** Each row's percentage of the total of a measure. */
export const withShare = (rows: readonly Row[], measure: string): Row[] => {
  const whole = rows.reduce((sum, row) => sum + Number(row[measure]), 0);
  return rows.map((row) => ({ ...row, share_pct: round((100 * Number(row[measure])) / whole) }));
};

/** Each row beside the one whose period lies so many months before, from a table that reaches back far enough. */
export function withGrowth(rows: readonly Row[], [period, measure]: readonly [string, string], months: number): Row[] {
  const others = (row: Row) => Object.keys(row).filter((name) => name !== period && name !== measure);
  const before = (day: string) => {
    const date = new Date(`${day}T00:00:00Z`);
    return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months, 1)).toISOString().slice(0, 10);
  };
  return rows.map((row) => {
    const match = rows.find(
      (candidate) =>
        candidate[period] === before(String(row[period])) && others(row).every((name) => candidate[name] === row[name]),
    );
    const previous = match === undefined ? null : (match[measure] ?? null);
    const growth =
      previous === null ? null : round((100 * (Number(row[measure]) - Number(previous))) / Number(previous));
    return { ...row, previous, growth_pct: growth };
  });
}
