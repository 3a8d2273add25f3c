import { type Deal, sampleDeals } from '@causeway/platform/testing';

/** What the tools must answer, worked out from the generated rows and without SQL. */
export const DEALS: readonly Deal[] = sampleDeals();

export const dealsOf = (region: string): readonly Deal[] => DEALS.filter((deal) => deal.region === region);

const cents = (deals: readonly Deal[]) => deals.reduce((sum, { amount }) => sum + Math.round(amount * 100), 0);

export const revenueOf = (deals: readonly Deal[]): number => cents(deals) / 100;

export const averageOf = (deals: readonly Deal[]): number => Math.round(cents(deals) / deals.length) / 100;

/** A row of query_sales_data. */
export function salesRowOf({ id, ...deal }: Deal, seesMargin: boolean): object {
  return { deal_id: id, ...deal, margin_pct: seesMargin ? deal.margin_pct : null };
}
