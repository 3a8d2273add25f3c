import type { Statement } from '@causeway/platform';
import { z } from 'zod';
import type { Dataset } from '../policy/dataset.ts';
import { defineTool } from '../call/define-tool.ts';
import { nearestNumber } from './nearest-number.ts';

const regionRow = z.object({
  region: z.string().nullable().describe('Null for the deals without one.'),
  deals: z.number(),
  revenue: z.number().describe('Of more than 15 digits, the nearest number.'),
  average_deal: z.number(),
});

const summedRow = regionRow.extend({ revenue: nearestNumber, average_deal: nearestNumber });

export const getRegionSummary = defineTool({
  name: 'get_region_summary',
  title: 'Sales by region',
  description: 'Deals, revenue and average deal per region. You see the regions that your role may see.',
  input: z.strictObject({ region: z.string().max(40).optional().describe('Only this region, such as WEST.') }),
  output: z.object({ rows: z.array(regionRow) }),
  scope: 'sql',
  effect: 'read',
  audit: ({ region }) => ({ region }),
  rows: 'rows',
  run: async ({ region }, { platform, policy }) => ({
    rows: await platform.query(regionSummary(policy.dataset('deals'), region)),
  }),
});

function regionSummary(deals: Dataset, region: string | undefined): Statement<z.infer<typeof summedRow>> {
  const text = deals.text(`region_summary ${region !== undefined}`, () => {
    const [name, amount] = [deals.column('region'), deals.column('amount')];
    return `SELECT ${name} AS region, count(*) AS deals, coalesce(sum(${amount}), 0) AS revenue,
  coalesce(CAST(avg(${amount}) AS DECIMAL(38, 2)), 0) AS average_deal
FROM ${deals.from}${region === undefined ? '' : ` WHERE ${name} = $1`} GROUP BY ${name} ORDER BY ${name} NULLS LAST`;
  });
  return { name: 'get_region_summary', text, values: region === undefined ? [] : [region], row: summedRow };
}
