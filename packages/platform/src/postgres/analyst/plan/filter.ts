import type { DateRange } from '../calendar.ts';
import type { ClauseOf } from '../clauses/clause.ts';
import type { BuildContext, Step } from './build-context.ts';
import { numberOfMeasure } from './columns.ts';
import { dimensionLabel, groupExamples, measureLabel } from './labels.ts';
import type { Plan, PlanMeasure, PlanValues } from './plan.ts';
import type { Request } from './request.ts';
import { Unclear } from './unclear.ts';

/** Which rows count. In a follow-up a condition takes the place of the one about the same thing. */
export const filter: Step = (plan, request, context) => {
  const unions = request.cues.has('add') || request.has.has('compare');
  const focus = request.has.has('share') ? focusOf(request, plan, context) : [];
  const rest = request.values.filter((values) => !focus.includes(values));
  let next = rest.reduce((so, values) => addValues(so, values, { unions, context }), plan);
  next = request.conditions.reduce((so, clause) => addCondition(so, clause, context), next);
  next = addPeriods(next, request, { unions, context });
  return focus.length > 0 ? { ...next, share: { of: focus } } : next;
};

/** "What share of the deals was won": of all deals, so "won" is no condition on them. */
function focusOf({ values, predicate }: Request, plan: Plan, { fresh }: BuildContext): PlanValues[] {
  if (predicate.length > 0) return [...predicate];
  return plan.groups.length === 0 || (!fresh && values.length === 0) ? [...values] : [];
}

interface How {
  readonly unions: boolean;
  readonly context: BuildContext;
}

function addValues(plan: Plan, values: PlanValues, how: How): Plan {
  const { dimension } = values;
  const inShare = plan.share?.of.some((known) => known.dimension === dimension) === true;
  if (inShare)
    return {
      ...plan,
      share: { of: plan.share?.of.map((known) => (known.dimension === dimension ? values : known)) ?? [] },
    };
  const same = plan.values.find((known) => known.dimension === dimension && !known.not);
  const others = plan.values.filter((known) => known.dimension !== dimension);
  if (values.not) return { ...plan, values: excluded(plan, values, how.context) };
  const merged = same !== undefined && (how.context.fresh || how.unions) ? joined(same, values) : values;
  const negative = how.context.fresh ? plan.values.filter((known) => known.dimension === dimension && known.not) : [];
  return { ...plan, values: [...others, ...negative, merged] };
}

/** "Closed deals that were won" are won; "in WEST … and in EAST" are both. */
function joined(same: PlanValues, values: PlanValues): PlanValues {
  const shared = same.values.filter((value) => values.values.includes(value));
  return { ...values, values: shared.length > 0 ? shared : [...same.values, ...values.values] };
}

function excluded(plan: Plan, values: PlanValues, { relation }: BuildContext): PlanValues[] {
  const same = plan.values.find(({ dimension, not }) => dimension === values.dimension && !not);
  if (same === undefined) return [...plan.values, values];
  const left = same.values.filter((value) => !values.values.includes(value));
  if (left.length === 0) throw new Unclear(`That would leave no ${dimensionLabel(values.dimension, relation)} at all.`);
  return plan.values.map((known) => (known === same ? { ...known, values: left } : known));
}

function addCondition(plan: Plan, { target, conditions }: ClauseOf<'condition'>, context: BuildContext): Plan {
  const { relation } = context;
  if (typeof target === 'object' && 'measure' in target) {
    return addMeasureCondition(plan, { measure: target.measure, conditions: [...conditions] }, context);
  }
  const number = typeof target === 'object' ? target.number : numberMeant(target, context);
  if (number === undefined) throw new Unclear(`Which number of the ${relation.many} do you mean?`);
  return {
    ...plan,
    numbers: [...plan.numbers.filter((known) => known.number !== number), { number, conditions: [...conditions] }],
  };
}

function numberMeant(target: 'default' | 'percent', { relation }: BuildContext): string | undefined {
  if (target === 'default') return relation.defaultNumber;
  const percents = Object.keys(relation.numbers).filter((name) => relation.numbers[name]?.unit === 'percent');
  return percents.length === 1 ? percents[0] : undefined;
}

type Having = Plan['having'][number];

/** A condition on a measure needs groups to choose from. Of single rows it is a condition on the number itself. */
function addMeasureCondition(plan: Plan, having: Having, context: BuildContext): Plan {
  const { relation } = context;
  if (plan.groups.length > 0) return { ...plan, having: [...plan.having, having] };
  const number = plan.list ? numberOfMeasure(having.measure, relation) : undefined;
  if (number === undefined || !isPlainSum(having.measure, context)) {
    const label = measureLabel(having.measure, relation);
    throw new Unclear(`Whose ${label} do you mean? Ask for example for the ${label} ${groupExamples(relation)}.`);
  }
  return { ...plan, numbers: [...plan.numbers, { number, conditions: having.conditions }] };
}

function isPlainSum(measure: PlanMeasure, { relation }: BuildContext): boolean {
  if ('aggregate' in measure) return true;
  const named = 'measure' in measure ? relation.measures[measure.measure] : undefined;
  return named !== undefined && 'sum' in named && named.where === undefined;
}

function addPeriods(plan: Plan, { periods, has }: Request, { unions, context }: How): Plan {
  if (periods.length === 0) return plan;
  const wanted = periods.filter(({ not }) => !not).map(({ ranges }) => ranges);
  const asked = wanted.reduce<readonly DateRange[] | undefined>(
    (so, ranges) => (so === undefined ? ranges : has.has('compare') ? [...so, ...ranges] : overlap(so, ranges)),
    undefined,
  );
  const kept = context.fresh || unions ? plan.periods : [];
  const notPeriods = periods.filter(({ not }) => not).flatMap(({ ranges }) => ranges);
  return {
    ...plan,
    periods: asked === undefined ? plan.periods : [...kept, ...asked].map(defined),
    notPeriods: [
      ...(asked !== undefined && !context.fresh && !unions ? [] : plan.notPeriods),
      ...notPeriods.map(defined),
    ],
  };
}

/** Two periods in one question, such as "in 2025" and "before June", must both hold. */
function overlap(some: readonly DateRange[], others: readonly DateRange[]): readonly DateRange[] {
  const found = some.flatMap((one) => others.flatMap((other) => common(one, other)));
  if (found.length === 0) throw new Unclear('Those periods have no day in common.');
  return found;
}

function common(one: DateRange, other: DateRange): DateRange[] {
  const from = [one.from, other.from]
    .filter((day) => day !== undefined)
    .toSorted()
    .at(-1);
  const to = [one.to, other.to].filter((day) => day !== undefined).toSorted()[0];
  return from !== undefined && to !== undefined && from >= to ? [] : [{ from, to }];
}

const defined = ({ from, to }: DateRange) => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});
