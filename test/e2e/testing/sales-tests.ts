import { describe, expect } from 'vitest';
import type { McpWorld } from '../mcp-world.ts';
import { requirement } from '../requirement.ts';
import { averageOf, DEALS, dealsOf, revenueOf, salesRowOf } from '../sample-figures.ts';

const ADA = 'ada@contoso.example';
const MONA = 'mona@fabrikam.example';
const WANDA = 'wanda@northwind.example';

const byAmount = DEALS.toSorted((a, b) => b.amount - a.amount || a.id - b.id);
const byDay = DEALS.toSorted((a, b) => b.closed_on.localeCompare(a.closed_on) || a.id - b.id);

/** get_region_summary and query_sales_data, against the generated rows. */
export function salesTests(world: () => McpWorld): void {
  const ask = async (email: string, tool: string, args: object = {}) => {
    const { content, code } = await world().call(await world().proofOf(email), tool, args);
    expect(code).toBeUndefined();
    return content;
  };
  describe('get_region_summary', () => {
    summaryTests(ask);
  });
  describe('query_sales_data', () => {
    rowTests(ask);
    limitTests(ask);
  });
}

type Ask = (email: string, tool: string, args?: object) => Promise<Readonly<Record<string, unknown>>>;

function summaryTests(ask: Ask): void {
  const summary = (region: string) => {
    const deals = dealsOf(region);
    return { region, deals: deals.length, revenue: revenueOf(deals), average_deal: averageOf(deals) };
  };

  requirement(
    ['region-summary-output', 'region-summary-regions', 'numbers-and-dates'],
    'deals, revenue and average of all four regions, to the cent',
    async () => {
      const regions = ['EAST', 'NORTH', 'SOUTH', 'WEST'];
      expect(await ask(ADA, 'get_region_summary')).toEqual({ rows: regions.map(summary) });
      expect(new Set(DEALS.map(({ region }) => region))).toEqual(new Set(regions));
    },
  );

  requirement('region-summary-output', 'one region alone, and none for a region that there is not', async () => {
    expect(await ask(ADA, 'get_region_summary', { region: 'NORTH' })).toEqual({ rows: [summary('NORTH')] });
    expect(await ask(WANDA, 'get_region_summary')).toEqual({ rows: [summary('WEST')] });
    expect(await ask(WANDA, 'get_region_summary', { region: 'NORTH' })).toEqual({ rows: [] });
  });
}

function rowTests(ask: Ask): void {
  requirement(['sales-output', 'numbers-and-dates'], 'every field of a deal, as it was generated', async () => {
    expect(await ask(ADA, 'query_sales_data', { limit: 100 })).toEqual({
      rows: DEALS.slice(0, 100).map((deal) => salesRowOf(deal, true)),
      masked_columns: [],
      total_rows: DEALS.length,
      truncated: true,
    });
  });

  requirement('sales-mask', 'a margin is null for who may not see it, named, and there is no other null', async () => {
    expect(await ask(MONA, 'query_sales_data', { limit: 100 })).toEqual({
      rows: DEALS.slice(0, 100).map((deal) => salesRowOf(deal, false)),
      masked_columns: ['margin_pct'],
      total_rows: DEALS.length,
      truncated: true,
    });
    expect(DEALS.every(({ margin_pct }) => Number.isFinite(margin_pct))).toBe(true);
  });

  requirement('sales-filters', 'by region, by stage, by amount, and by all of them', async () => {
    const least = 90_000;
    for (const { args, fits } of [
      { args: { region: 'SOUTH' }, fits: ({ region }) => region === 'SOUTH' },
      { args: { stage: 'won' }, fits: ({ stage }) => stage === 'won' },
      { args: { min_amount: least }, fits: ({ amount }) => amount >= least },
      {
        args: { region: 'EAST', stage: 'lost', min_amount: least },
        fits: ({ region, stage, amount }) => region === 'EAST' && stage === 'lost' && amount >= least,
      },
    ] satisfies { args: object; fits: (deal: (typeof DEALS)[number]) => boolean }[]) {
      const deals = DEALS.filter(fits);
      expect(await ask(ADA, 'query_sales_data', { ...args, limit: 100 })).toEqual({
        rows: deals.slice(0, 100).map((deal) => salesRowOf(deal, true)),
        masked_columns: [],
        total_rows: deals.length,
        truncated: deals.length > 100,
      });
    }
  });

  requirement('sales-filters', 'the smallest amount is one that fits', async () => {
    const [top] = byAmount;
    const { rows } = await ask(ADA, 'query_sales_data', { min_amount: top?.amount });
    expect(rows).toEqual([top].map((deal) => deal && salesRowOf(deal, true)));
  });

  requirement('sales-order', 'the largest first, or the latest first', async () => {
    for (const [order_by, deals] of [
      ['amount', byAmount],
      ['closed_on', byDay],
    ] as const) {
      const { rows } = await ask(ADA, 'query_sales_data', { order_by, limit: 50 });
      expect(rows).toEqual(deals.slice(0, 50).map((deal) => salesRowOf(deal, true)));
    }
  });
}

function limitTests(ask: Ask): void {
  const rowsFor = async (args: object) => ((await ask(ADA, 'query_sales_data', args))['rows'] as unknown[]).length;

  requirement('sales-limit', 'ten rows by default, and from 1 to 100 when asked', async () => {
    expect([await rowsFor({}), await rowsFor({ limit: 1 }), await rowsFor({ limit: 100 })]).toEqual([10, 1, 100]);
  });

  requirement('sales-truncated', 'how many there are, and whether some were left off', async () => {
    const deals = DEALS.filter(({ region, stage, amount }) => region === 'WEST' && stage === 'won' && amount > 95_000);
    const args = { region: 'WEST', stage: 'won', min_amount: 95_000.01 };
    const counted = async (limit: number) => {
      const { total_rows, truncated, rows } = await ask(WANDA, 'query_sales_data', { ...args, limit });
      return [total_rows, truncated, (rows as unknown[]).length];
    };
    expect(await counted(deals.length)).toEqual([deals.length, false, deals.length]);
    expect(await counted(deals.length - 1)).toEqual([deals.length, true, deals.length - 1]);
  });
}
