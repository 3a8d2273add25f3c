import { z } from 'zod';
import { GRAINS } from '../calendar.ts';

/** Names go into SQL (quoted), into plans and into answers: plain, short, and the same everywhere. */
const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be a lower-case name of at most 40 letters, digits and _');
const column = z.string().regex(/^[A-Za-z_][A-Za-z0-9_$]{0,62}$/, 'must be the name of a column');
const label = z.string().min(1).max(60);
const phrase = z
  .string()
  .max(60)
  .regex(/^[\p{L}\d]+(?:[ '.][\p{L}\d]+)*$/u, 'must be words of letters and digits, separated by single spaces');
const synonyms = z.array(phrase).max(60).default([]);
const value = z.string().min(1).max(120);

const dimension = z.strictObject({
  column,
  label: label.optional(),
  synonyms,
  values: z.record(value, z.array(phrase).max(40)).optional().describe('All values, with the words that mean them.'),
  sets: z
    .record(name, z.strictObject({ values: z.array(value).min(1).max(20), synonyms }))
    .default({})
    .describe('Words that mean several values at once.'),
  lookup: z.boolean().default(false).describe('Values are looked up as the caller, by any of their words.'),
});

const number = z.strictObject({
  column,
  label: label.optional(),
  unit: z.string().max(12).default(''),
  synonyms,
  aggregate: z.enum(['sum', 'avg']).default('sum').describe('What “by region” shows of it.'),
});

const where = z.record(name, z.array(value).min(1).max(20)).optional();
const order = z.enum(['asc', 'desc']).default('desc').describe('Which end of the groups comes first.');
const described = { label: label.optional(), unit: z.string().max(12).default(''), synonyms, where, order };

const measure = z.union([
  z.strictObject({ ...described, count: z.literal('rows') }),
  z.strictObject({ ...described, distinct: name }),
  z.strictObject({ ...described, sum: name }),
  z.strictObject({ ...described, avg: name }),
  z.strictObject({ ...described, min: name }),
  z.strictObject({ ...described, max: name }),
  z.strictObject({
    label: label.optional(),
    unit: z.string().max(12).default('percent'),
    synonyms,
    order,
    ratio: z.tuple([name, name]),
  }),
]);

const date = z.strictObject({
  column,
  label: label.optional(),
  synonyms,
  grains: z
    .array(z.enum(GRAINS))
    .min(1)
    .default([...GRAINS]),
});

const relation = z.strictObject({
  relation: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}\.[a-z_][a-z0-9_]{0,62}$/, 'must be a governed relation: schema.name'),
  one: phrase,
  many: phrase,
  synonyms,
  key: column.describe('Orders what is otherwise equal.'),
  verbs: z.array(phrase).max(60).default([]).describe('What is done with it: words that add no condition.'),
  list: z.array(name).min(1).max(20).describe('Numbers, dimensions and dates that a list shows, in this order.'),
  date: z
    .record(name, date)
    .default({})
    .refine((dates) => Object.keys(dates).length <= 1, 'one date for each relation'),
  numbers: z.record(name, number).default({}),
  defaultNumber: name.optional(),
  dimensions: z.record(name, dimension).default({}),
  measures: z.record(name, measure).default({}),
  defaultMeasure: name.optional(),
  defaultLimit: z.int().min(1).max(50).default(50),
});

/** What words mean in terms of governed relations. It is read by people who know the data, not by programmers. */
export const semanticModelSchema = z.strictObject({
  version: z.literal(1),
  fiscalYearStart: z.int().min(1).max(12).default(1),
  relations: z.record(name, relation).refine((all) => Object.keys(all).length > 0, 'name at least one relation'),
});

export type SemanticModel = z.infer<typeof semanticModelSchema>;
export type ModelRelation = SemanticModel['relations'][string];
export type ModelDimension = ModelRelation['dimensions'][string];
export type ModelMeasure = ModelRelation['measures'][string];
