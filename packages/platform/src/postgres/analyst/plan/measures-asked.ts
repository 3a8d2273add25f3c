import { reaggregated } from '../clauses/read-measure.ts';
import type { Aggregate } from '../language/meaning.ts';
import type { ModelRelation } from '../model/semantic-model.ts';
import type { BuildContext } from './build-context.ts';
import { columnOfMeasure } from './columns.ts';
import { measureExamples, measureLabel, numberLabel } from './labels.ts';
import type { Plan, PlanMeasure } from './plan.ts';
import type { Request } from './request.ts';
import { Unclear } from './unclear.ts';
import { uniqueBy } from './unique-by.ts';

/** Words that ask for a figure, without saying which. */
export const ANALYSES = ['share', 'growth', 'trend', 'compare', 'how_much'] as const;

/** The measures that a question names, or means by what it names. */
export function measuresAsked(plan: Plan, request: Request, context: BuildContext): PlanMeasure[] {
  const { relation } = context;
  const implied =
    request.aggregate === undefined
      ? ofNumbers(plan, request, context)
      : bound(request.aggregate, plan, { request, context });
  const measures = [...request.measures, ...implied];
  for (const measure of measures) addsUp(measure, relation);
  return uniqueBy(measures, (measure) => columnOfMeasure(measure, relation));
}

/** What a number alone means: in a list it is a column, of something ranked an end, and else what the model says. */
function ofNumbers(plan: Plan, request: Request, context: BuildContext): PlanMeasure[] {
  const { numbers, measures, subject, mentions, groups } = request;
  const listed = subject !== undefined && measures.length + mentions.length + groups.length === 0;
  if (listed) return [];
  const end = endAsked(plan, request, context);
  const { relation } = context;
  return numbers.map((number) => ({ aggregate: end ?? relation.numbers[number]?.aggregate ?? 'sum', number }));
}

/** "The highest margin", of nothing in particular, is one figure. */
function endAsked(
  plan: Plan,
  { rank, groups, mentions, subject }: Request,
  { fresh }: BuildContext,
): 'min' | 'max' | undefined {
  const grouped = groups.length + mentions.length > 0 || (!fresh && plan.groups.length > 0);
  if (grouped || subject !== undefined || rank?.object?.kind !== 'number') return undefined;
  return rank.direction === 'desc' ? 'max' : 'min';
}

/** Percentages and the like have an average and no total. */
function addsUp(measure: PlanMeasure, relation: ModelRelation): void {
  const totals = 'aggregate' in measure && measure.aggregate === 'sum';
  if (!totals || relation.numbers[measure.number]?.aggregate === 'sum') return;
  const label = numberLabel(measure.number, relation);
  throw new Unclear(`The ${label} does not add up. Ask for its average, minimum or maximum.`);
}

interface Asking {
  readonly request: Request;
  readonly context: BuildContext;
}

/** What "total" or "average" is of, when it does not stand before its number. */
function bound(aggregate: Aggregate, plan: Plan, { request, context }: Asking): PlanMeasure[] {
  const { numbers, measures, subject } = request;
  const { relation, fresh } = context;
  if (numbers.length > 0) return numbers.map((number) => ({ aggregate, number }));
  if (measures.length > 0) {
    if (aggregate === 'sum') return [];
    throw new Unclear(`I know no other form of ${measures.map((one) => measureLabel(one, relation)).join(', ')}.`);
  }
  const before = fresh || plan.list || subject !== undefined ? [] : plan.measures;
  if (before.length > 0) return before.map((one) => other(one, aggregate, relation));
  return [usualForm(aggregate, request, relation)];
}

function usualForm(aggregate: Aggregate, { subject }: Request, relation: ModelRelation): PlanMeasure {
  if (aggregate === 'sum' && subject !== undefined) return { count: 'rows' };
  if (aggregate === 'sum' && relation.defaultMeasure !== undefined) return { measure: relation.defaultMeasure };
  if (relation.defaultNumber !== undefined) return { aggregate, number: relation.defaultNumber };
  throw new Unclear(`Of what? ${relation.many} have no number that is usually meant.`);
}

/** The same figure "as average". */
function other(measure: PlanMeasure, aggregate: Aggregate, relation: ModelRelation): PlanMeasure {
  if ('aggregate' in measure) return { aggregate, number: measure.number };
  const found = 'measure' in measure ? reaggregated({ relation }, aggregate, measure.measure) : undefined;
  if (found === undefined) throw new Unclear(`I know no other form of ${measureLabel(measure, relation)}.`);
  return found;
}

/** A question without measures is about the rows that it names, or about what is usually meant. */
export function measuresOrDefault(
  measures: PlanMeasure[],
  request: Request,
  { relation }: BuildContext,
): PlanMeasure[] {
  if (measures.length > 0) return measures;
  const { subject, mentions, has } = request;
  const conditioned = measureOfCondition(request);
  if (conditioned !== undefined) return [conditioned];
  const counted: PlanMeasure = { count: 'rows' };
  if (subject !== undefined && !has.has('how_much')) return [counted];
  if (asksForFigure(request))
    return [relation.defaultMeasure === undefined ? counted : { measure: relation.defaultMeasure }];
  if (mentions.length > 0) return [counted];
  throw new Unclear(`What do you want to know: ${measureExamples(relation)}?`);
}

const asksForFigure = ({ rank, groups, has }: Request) =>
  rank !== undefined || groups.length > 0 || ANALYSES.some((kind) => has.has(kind));

function measureOfCondition({ conditions }: Request): PlanMeasure | undefined {
  return conditions.flatMap(({ target }) =>
    typeof target === 'object' && 'measure' in target ? [target.measure] : [],
  )[0];
}
