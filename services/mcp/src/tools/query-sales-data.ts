import type { SqlValue, Statement } from '@causeway/platform';
import { z } from 'zod';
import type { Dataset } from '../policy/dataset.ts';
import { defineTool } from '../call/define-tool.ts';
import { nearestNumber } from './nearest-number.ts';

/** Whose table it is says which columns may be empty: all but the id. */
const salesRow = z.object({
  deal_id: z.union([z.number(), z.string()]),
  region: z.string().nullable(),
  customer: z.string().nullable(),
  rep_email: z.string().nullable(),
  product: z.string().nullable(),
  stage: z.string().nullable(),
  amount: z.number().nullable().describe('Of more than 15 digits, the nearest number.'),
  margin_pct: z.number().nullable().describe('Null when it is masked for you, or not there.'),
  closed_on: z.string().nullable().describe('ISO 8601 date.'),
});

const input = z.strictObject({
  region: z.string().max(40).optional().describe('Only this region, such as WEST.'),
  stage: z.string().max(40).optional().describe('Only this stage: prospect, qualified, proposal, won, lost.'),
  min_amount: z.number().min(0).max(1e12).optional().describe('Only deals of at least this amount.'),
  order_by: z.enum(['amount', 'closed_on']).optional().describe('The largest, or the latest, first.'),
  limit: z.int().min(1).max(100).default(10),
});

export const querySalesData = defineTool({
  name: 'query_sales_data',
  title: 'Sales deals',
  description:
    'Deals with region, customer, representative, product, stage, amount, margin and closing date. You see the rows that your role may see; a margin that it may not see is null and named in masked_columns.',
  input,
  output: z.object({
    rows: z.array(salesRow),
    masked_columns: z.array(z.string()),
    total_rows: z.number().describe('How many deals there are that fit.'),
    truncated: z.boolean().describe('Whether there are more than these rows.'),
  }),
  scope: 'sql',
  effect: 'read',
  audit: (question) => question,
  rows: 'rows',
  run: async (question, { platform, policy, caller }) => {
    const deals = policy.dataset('deals');
    const groups = policy.knowsGroupsOf(caller) ? undefined : (await platform.identity()).groups;
    const found = await platform.query(salesQuery(deals, question));
    const total = found[0]?.total_rows ?? 0;
    return {
      rows: found,
      masked_columns: [...policy.maskedFields(deals, caller, groups)],
      total_rows: total,
      truncated: total > found.length,
    };
  },
});

const countedRow = salesRow.extend({
  amount: nearestNumber.nullable(),
  margin_pct: nearestNumber.nullable(),
  total_rows: z.number(),
});

type Question = z.output<typeof input>;

const FIELDS = Object.keys(salesRow.shape);

function salesQuery(deals: Dataset, question: Question): Statement<z.infer<typeof countedRow>> {
  const filters = FILTERS.filter(({ argument }) => question[argument] !== undefined);
  const { order_by: order = 'deal_id' } = question;
  const shape = `sales ${order} ${filters.map(({ argument }) => argument).join(' ')}`;
  const values: SqlValue[] = filters.map(({ argument }) => question[argument] ?? null);
  return {
    name: 'query_sales_data',
    text: deals.text(shape, () => salesText(deals, filters, order)),
    values: [...values, question.limit],
    row: countedRow,
  };
}

const FILTERS = [
  { argument: 'region', field: 'region', operator: '=' },
  { argument: 'stage', field: 'stage', operator: '=' },
  { argument: 'min_amount', field: 'amount', operator: '>=' },
] as const;

function salesText(deals: Dataset, filters: readonly (typeof FILTERS)[number][], order: string): string {
  const conditions = filters.map(({ field, operator }, index) => `${deals.column(field)} ${operator} $${index + 1}`);
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const id = deals.column('deal_id');
  // The engine's own place for empty ones: NULLS LAST would find no ordinary index on Postgres.
  const by = order === 'deal_id' ? id : `${deals.column(order)} DESC, ${id}`;
  // Counted apart, so that an index can give the first rows without sorting all of them.
  return `SELECT ${deals.select(FIELDS)}, (SELECT count(*) FROM ${deals.from}${where}) AS total_rows
FROM ${deals.from}${where} ORDER BY ${by} LIMIT $${filters.length + 1}`;
}
