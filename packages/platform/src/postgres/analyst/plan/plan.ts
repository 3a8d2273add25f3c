import { z } from 'zod';
import { GRAINS } from '../calendar.ts';

const name = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/);
const day = z.iso.date();
const amount = z.number().min(-1e15).max(1e15);
const comparator = z.enum(['gt', 'ge', 'lt', 'le', 'eq', 'ne']);

const measure = z.union([
  z.strictObject({ measure: name }),
  z.strictObject({ aggregate: z.enum(['sum', 'avg', 'min', 'max']), number: name }),
  z.strictObject({ count: z.literal('rows') }),
  z.strictObject({ distinct: name }),
]);

const group = z.union([z.strictObject({ dimension: name }), z.strictObject({ grain: z.enum(GRAINS) })]);

const values = z.strictObject({
  dimension: name,
  values: z.array(z.string().min(1).max(200)).min(1).max(20),
  not: z.boolean().default(false),
});

const condition = z.strictObject({ comparator, value: amount });

const range = z
  .strictObject({ from: day.optional(), to: day.optional() })
  .refine(({ from, to }) => from !== undefined || to !== undefined);

/**
 * What is to be read, as data: the only thing between a question and its SQL. It comes back in a conversation's handle, so it is checked
 * again, and nothing in it is text of SQL: names are looked up in the model, everything else is bound.
 */
export const planSchema = z.strictObject({
  version: z.literal(1),
  relation: name,
  /** Rows one by one, instead of measures. */
  list: z.boolean(),
  measures: z.array(measure).max(4),
  groups: z.array(group).max(3),
  values: z.array(values).max(8),
  numbers: z.array(z.strictObject({ number: name, conditions: z.array(condition).min(1).max(2) })).max(4),
  periods: z.array(range).max(6),
  notPeriods: z.array(range).max(4),
  having: z.array(z.strictObject({ measure, conditions: z.array(condition).min(1).max(2) })).max(2),
  /** Percent of all groups together; or, with conditions, of everything that the other conditions leave. */
  share: z.strictObject({ of: z.array(values).max(4) }).optional(),
  /** Beside each period the one that lies one such step before. */
  growth: z.enum(GRAINS).optional(),
  order: z.strictObject({ column: name, direction: z.enum(['asc', 'desc']) }).optional(),
  limit: z.int().min(1).max(1000).optional(),
});

export type Plan = z.infer<typeof planSchema>;
export type PlanMeasure = Plan['measures'][number];
export type PlanGroup = Plan['groups'][number];
export type PlanValues = Plan['values'][number];
export type PlanCondition = z.infer<typeof condition>;
