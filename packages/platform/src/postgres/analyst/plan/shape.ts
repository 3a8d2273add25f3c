import { reaggregated } from '../clauses/read-measure.ts';
import type { Aggregate } from '../language/meaning.ts';
import type { BuildContext, Step } from './build-context.ts';
import { columnOfGroup, columnOfMeasure, columnsOf, sameMeasure } from './columns.ts';
import { groupExamples, measureLabel, numberLabel } from './labels.ts';
import type { Plan, PlanGroup, PlanMeasure } from './plan.ts';
import { ungrouped } from './remove-parts.ts';
import type { Request } from './request.ts';
import { Unclear } from './unclear.ts';

/** Rows or measures, which ones, and in which groups. */
export const shape: Step = (plan, request, context) => {
  const groups = uniqueBy(groupsAsked(request), columnOfGroup);
  const measures = measuresAsked(plan, request, context);
  if (wantsRows(request, { groups, measures })) return asRows(plan, request, context);
  if (context.fresh) return { ...plan, groups, measures: measuresOrDefault(measures, request, context) };
  return refined(plan, { groups, measures, request, context });
};

const ANALYSES = ['share', 'growth', 'trend', 'compare', 'how_much'] as const;

interface Asked {
  readonly groups: PlanGroup[];
  readonly measures: PlanMeasure[];
}

/** A dimension that is only mentioned is a group, unless it says what of the rows is to be seen. */
function groupsAsked({ groups, mentions, measures, subject, rank, mentionLeads, has }: Request): PlanGroup[] {
  const grouping =
    has.has('which') || rank !== undefined || measures.length > 0 || subject === undefined || mentionLeads;
  return [...groups, ...(grouping ? mentions.map(({ group }) => group) : [])];
}

function wantsRows({ subject, has }: Request, { groups, measures }: Asked): boolean {
  const analysed = ANALYSES.some((kind) => has.has(kind));
  const named = subject !== undefined || (has.has('those') && has.has('list'));
  return named && measures.length === 0 && groups.length === 0 && !analysed;
}

function asRows(plan: Plan, { numbers, mentions }: Request, { relation }: BuildContext): Plan {
  const shown = new Set(relation.list);
  const asked = [...numbers, ...mentions.map(({ group }) => columnOfGroup(group))];
  const hidden = asked.find((name) => !shown.has(name));
  if (hidden !== undefined) throw new Unclear(`A list of ${relation.many} does not show "${hidden}".`);
  return plan.list ? plan : { ...ungrouped(plan), list: true, measures: [], groups: [] };
}

function measuresAsked(plan: Plan, request: Request, context: BuildContext): PlanMeasure[] {
  const { relation } = context;
  const { aggregate, numbers, subject, rank } = request;
  const listed = subject !== undefined && request.measures.length === 0 && aggregate === undefined;
  const measures = [...request.measures];
  if (aggregate !== undefined) measures.push(...bound(aggregate, plan, { request, context }));
  else if (rank !== undefined && rank.object?.kind === 'number' && isScalar(request, plan, context)) {
    return numbers.map((number) => ({ aggregate: rank.direction === 'desc' ? 'max' : 'min', number }));
  }
  if (aggregate === undefined && !(listed && request.mentions.length + request.groups.length === 0)) {
    measures.push(...numbers.map((number) => ({ aggregate: relation.numbers[number]?.aggregate ?? 'sum', number })));
  }
  for (const measure of measures) addsUp(measure, relation);
  return uniqueBy(measures, (measure) => columnOfMeasure(measure, relation));
}

/** Percentages and the like have an average and no total. */
function addsUp(measure: PlanMeasure, relation: BuildContext['relation']): void {
  if (!('aggregate' in measure) || measure.aggregate !== 'sum' || relation.numbers[measure.number]?.aggregate === 'sum')
    return;
  throw new Unclear(
    `The ${numberLabel(measure.number, relation)} does not add up. Ask for its average, minimum or maximum.`,
  );
}

/** "the highest margin", of nothing in particular, is one figure. */
const isScalar = ({ groups, mentions, subject }: Request, plan: Plan, { fresh }: BuildContext) =>
  groups.length + mentions.length === 0 && subject === undefined && (fresh || plan.groups.length === 0);

interface Asking {
  readonly request: Request;
  readonly context: BuildContext;
}

/** What "total" or "average" is of, when it does not stand before its number. */
function bound(aggregate: Aggregate, plan: Plan, { request, context }: Asking): PlanMeasure[] {
  const { relation, fresh } = context;
  const { numbers, measures, subject } = request;
  if (numbers.length > 0) return numbers.map((number) => ({ aggregate, number }));
  if (measures.length > 0) {
    if (aggregate === 'sum') return [];
    throw new Unclear(`I know no other form of ${measures.map((one) => measureLabel(one, relation)).join(', ')}.`);
  }
  if (!fresh && !plan.list && subject === undefined) return plan.measures.map((one) => other(one, aggregate, context));
  if (aggregate === 'sum' && subject !== undefined) return [{ count: 'rows' }];
  if (aggregate === 'sum' && relation.defaultMeasure !== undefined) return [{ measure: relation.defaultMeasure }];
  if (relation.defaultNumber === undefined)
    throw new Unclear(`Of what? ${relation.many} have no number that is usually meant.`);
  return [{ aggregate, number: relation.defaultNumber }];
}

/** The same figure "as average". */
function other(measure: PlanMeasure, aggregate: Aggregate, { relation }: BuildContext): PlanMeasure {
  const found =
    'aggregate' in measure
      ? { aggregate, number: measure.number }
      : 'measure' in measure
        ? reaggregated({ relation }, aggregate, measure.measure)
        : undefined;
  if (found === undefined) throw new Unclear(`I know no other form of ${measureLabel(measure, relation)}.`);
  return found;
}

function measuresOrDefault(measures: PlanMeasure[], request: Request, { relation }: BuildContext): PlanMeasure[] {
  if (measures.length > 0) return measures;
  const { subject, rank, groups, conditions, has } = request;
  const conditioned = conditions
    .map(({ target }) => target)
    .find((target) => typeof target === 'object' && 'measure' in target);
  if (typeof conditioned === 'object' && 'measure' in conditioned) return [conditioned.measure];
  const counted: PlanMeasure = { count: 'rows' };
  const usual: PlanMeasure = relation.defaultMeasure === undefined ? counted : { measure: relation.defaultMeasure };
  if (subject !== undefined && !has.has('how_much')) return [counted];
  if (rank !== undefined || groups.length > 0 || ANALYSES.some((kind) => has.has(kind))) {
    return [usual];
  }
  if (request.mentions.length > 0) return [counted];
  throw new Unclear(`What do you want to know: ${measureExamples(relation)}?`);
}

/** What a question about this relation could be about. */
export function measureExamples(relation: BuildContext['relation']): string {
  const names = Object.keys(relation.measures).slice(0, 2);
  const measures = names.map((name) => `the ${measureLabel({ measure: name }, relation)}`);
  return (
    [...measures, `the number of ${relation.many}`, `or a list of ${relation.many}`].join(', ') +
    `, for example ${groupExamples(relation)}`
  );
}

function refined(plan: Plan, { groups, measures, request, context }: Asked & Asking): Plan {
  const { relation } = context;
  const adds = request.cues.has('add') || request.has.has('and');
  const regrouped = groups.length > 0;
  const base =
    regrouped || plan.list
      ? plan.list && !regrouped && measures.length === 0
        ? plan
        : { ...ungrouped(plan), share: plan.share }
      : plan;
  const keptGroups = adds || !regrouped ? plan.groups : [];
  const next: Plan = {
    ...base,
    list: plan.list && !regrouped && measures.length === 0,
    groups: uniqueBy([...keptGroups, ...groups], columnOfGroup),
    measures: newMeasures(plan, { measures, adds, regrouped, context }),
  };
  return reordered(next, plan, relation);
}

/** What was ordered by a measure that gave way to another one is ordered by that one. */
function reordered(next: Plan, before: Plan, relation: BuildContext['relation']): Plan {
  const { order } = next;
  if (order === undefined || next.list || columnsOf(next, relation).includes(order.column)) return next;
  const [measure] = next.measures;
  const wasMeasure = before.measures.some((one) => columnOfMeasure(one, relation) === order.column);
  const column = wasMeasure && measure !== undefined ? columnOfMeasure(measure, relation) : undefined;
  return { ...next, order: column === undefined ? undefined : { ...order, column } };
}

interface NewMeasures {
  readonly measures: PlanMeasure[];
  readonly adds: boolean;
  readonly regrouped: boolean;
  readonly context: BuildContext;
}

function newMeasures(plan: Plan, { measures, adds, regrouped, context }: NewMeasures): PlanMeasure[] {
  if (measures.length > 0) {
    return adds
      ? [...plan.measures, ...measures.filter((one) => !plan.measures.some((known) => sameMeasure(known, one)))]
      : measures;
  }
  if (!plan.list || !regrouped) return plan.measures;
  const { defaultMeasure } = context.relation;
  return [{ count: 'rows' }, ...(defaultMeasure === undefined ? [] : [{ measure: defaultMeasure }])];
}

function uniqueBy<T>(all: readonly T[], nameOf: (one: T) => string): T[] {
  return [...new Map(all.map((one) => [nameOf(one), one])).values()];
}
