import type { Grain } from '../calendar.ts';
import type { BuildContext, Step } from './build-context.ts';
import { columnsOf } from './columns.ts';
import { grainLabel, groupExamples, measureLabel } from './labels.ts';
import type { Plan, PlanGroup, PlanMeasure } from './plan.ts';
import type { Request } from './request.ts';
import { Unclear } from './unclear.ts';

/** Comparisons, trends, shares and growth: what is worked out from the measures, and the groups that it needs. */
export const analyse: Step = (plan, request, context) => {
  let next = request.has.has('compare') ? compared(plan, request) : plan;
  next = request.has.has('trend') ? withGrain(next, 'month', context) : next;
  next = request.has.has('share') ? shared(next, context) : next;
  next = request.growth === undefined ? next : grown(next, request, context);
  return consistent(next, context);
};

function compared(plan: Plan, { periods }: Request): Plan {
  const dimensions: PlanGroup[] = plan.values
    .filter(({ values, not }) => !not && values.length > 1)
    .map(({ dimension }) => ({ dimension }));
  const grain = periods.at(-1)?.grain;
  const dates: PlanGroup[] = plan.periods.length > 1 && grain !== undefined ? [{ grain }] : [];
  const added = [...dimensions, ...dates].filter((group) => !hasGroup(plan, group));
  const groups = [...plan.groups, ...added];
  if (groups.length === 0)
    throw new Unclear('Compare what with what? For example: "WEST vs EAST", or "this year vs last year".');
  const measures: PlanMeasure[] = plan.measures.length > 0 ? plan.measures : [{ count: 'rows' }];
  return { ...plan, list: false, groups, measures };
}

const hasGroup = (plan: Plan, group: PlanGroup) =>
  plan.groups.some((known) => JSON.stringify(known) === JSON.stringify(group));

const grainOf = (plan: Plan): Grain | undefined =>
  plan.groups.flatMap((group) => ('grain' in group ? [group.grain] : []))[0];

function withGrain(plan: Plan, grain: Grain, { relation }: BuildContext): Plan {
  if (Object.keys(relation.date).length === 0)
    throw new Unclear(`${relation.many} have no date, so there is no change over time.`);
  if (grainOf(plan) !== undefined) return plan;
  return { ...plan, list: false, groups: [...plan.groups, { grain }], limit: undefined, order: undefined };
}

function shared(plan: Plan, { relation }: BuildContext): Plan {
  const [measure, second] = plan.measures;
  if (measure === undefined || second !== undefined)
    throw new Unclear('I can show the share of one measure at a time.');
  if (!isAdditive(measure, relation)) {
    throw new Unclear(`A share needs parts that add up, and the ${measureLabel(measure, relation)} does not.`);
  }
  const of = plan.share?.of ?? [];
  if (of.length === 0 && plan.groups.length === 0) {
    throw new Unclear(
      `The share of what? For example: "share of ${measureLabel(measure, relation)} ${groupExamples(relation)}".`,
    );
  }
  return { ...plan, share: { of }, growth: undefined };
}

function isAdditive(measure: PlanMeasure, { measures, numbers }: BuildContext['relation']): boolean {
  if ('count' in measure) return true;
  if ('aggregate' in measure) return measure.aggregate === 'sum' && numbers[measure.number]?.aggregate === 'sum';
  const named = 'measure' in measure ? measures[measure.measure] : undefined;
  return named !== undefined && ('sum' in named || 'count' in named);
}

/** Steps that lead from the begin of one period to the begin of another. */
const STEPS: Partial<Record<Grain, readonly Grain[]>> = {
  day: ['day', 'week'],
  week: ['week'],
  month: ['month', 'quarter', 'year'],
  quarter: ['quarter', 'year'],
  year: ['year'],
  fiscal_quarter: ['fiscal_quarter', 'quarter', 'year', 'fiscal_year'],
  fiscal_year: ['fiscal_year', 'year'],
};

function grown(plan: Plan, request: Request, context: BuildContext): Plan {
  if (plan.measures.length !== 1) throw new Unclear('I can show the growth of one measure at a time.');
  const asked = stepAsked(request);
  const next = withGrain(plan, asked ?? 'month', context);
  const grain = grainOf(next) ?? 'month';
  const step = asked ?? grain;
  if (STEPS[grain]?.includes(step) === true) return { ...next, growth: step, share: undefined };
  const label = grainLabel(step);
  throw new Unclear(`I cannot compare each ${grainLabel(grain)} with the ${label} before. Group by ${label}.`);
}

/** "Which region grew the most in 2025" is about the whole year. */
const stepAsked = ({ growth, rank, periods }: Request): Grain | undefined =>
  growth?.grain ?? (rank === undefined ? undefined : periods.at(-1)?.grain);

/** What a follow-up has changed may leave nothing to work out. */
function consistent(plan: Plan, { relation }: BuildContext): Plan {
  const { share, growth, order, ...rest } = plan;
  const parts = {
    ...(canShare(plan, relation) ? { share } : {}),
    ...(canGrow(plan) ? { growth } : {}),
  };
  if (Object.keys(parts).length > 0 && plan.having.length > 0) {
    throw new Unclear('I cannot leave out groups and work out shares or growth at once.');
  }
  const next: Plan = { ...rest, ...parts };
  const shown = order !== undefined && (next.list || columnsOf(next, relation).includes(order.column));
  return shown ? { ...next, order } : next;
}

const canGrow = (plan: Plan) => plan.growth !== undefined && isSingle(plan) && grainOf(plan) !== undefined;

const isSingle = ({ list, measures }: Plan) => !list && measures.length === 1;

function canShare(plan: Plan, relation: BuildContext['relation']): boolean {
  if (plan.share === undefined) return false;
  const parts = plan.groups.length + plan.share.of.length;
  return isSingle(plan) && parts > 0 && plan.measures.every((measure) => isAdditive(measure, relation));
}
