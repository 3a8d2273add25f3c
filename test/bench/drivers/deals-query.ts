/** Ten rows of the governed view, by an index of the table below it. */
export const DEALS_QUERY = {
  name: 'bench_deals',
  text: 'SELECT id, region, amount::float8 AS amount FROM sales.deals WHERE amount > $1 ORDER BY id LIMIT 10',
} as const;

export const ROLE_GROUP = 'west_sales';

interface Deal {
  readonly region: string;
  readonly amount: number;
}

/** The caller may see WEST only. */
export function areWestDeals(rows: readonly Deal[]): boolean {
  return rows.length === 10 && rows.every(({ region, amount }) => region === 'WEST' && amount > 100);
}
