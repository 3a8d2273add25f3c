import type { ModelRelation, SemanticModel } from '../model/semantic-model.ts';
import { columnsOf } from './columns.ts';
import { type Plan, type PlanMeasure, planSchema } from './plan.ts';

/**
 * A plan that came back from outside, if it is one that this model could have made. Everything that SQL is written from is looked up
 * here, so that a forged or outdated plan is no plan at all.
 */
export function checkPlan(candidate: unknown, model: SemanticModel): Plan | undefined {
  const parsed = planSchema.safeParse(candidate);
  if (!parsed.success) return undefined;
  const plan = parsed.data;
  const relation = Object.hasOwn(model.relations, plan.relation) ? model.relations[plan.relation] : undefined;
  return relation !== undefined && namesHold(plan, relation) && shapeHolds(plan, relation) ? plan : undefined;
}

function namesHold(plan: Plan, relation: ModelRelation): boolean {
  const { dimensions, numbers } = relation;
  const dated = Object.keys(relation.date).length > 0;
  const usesDate = plan.periods.length + plan.notPeriods.length > 0 || plan.groups.some((group) => 'grain' in group);
  return (
    [...plan.measures, ...plan.having.map(({ measure }) => measure)].every((measure) =>
      measureHolds(measure, relation),
    ) &&
    plan.groups.every((group) => 'grain' in group || Object.hasOwn(dimensions, group.dimension)) &&
    [...plan.values, ...(plan.share?.of ?? [])].every(({ dimension }) => Object.hasOwn(dimensions, dimension)) &&
    plan.numbers.every(({ number }) => Object.hasOwn(numbers, number)) &&
    (dated || !usesDate)
  );
}

function measureHolds(measure: PlanMeasure, { measures, numbers, dimensions }: ModelRelation): boolean {
  if ('measure' in measure) return Object.hasOwn(measures, measure.measure);
  if ('aggregate' in measure) return Object.hasOwn(numbers, measure.number);
  return 'count' in measure || Object.hasOwn(dimensions, measure.distinct);
}

function shapeHolds(plan: Plan, relation: ModelRelation): boolean {
  const columns = columnsOf(plan, relation);
  if (new Set(columns).size !== columns.length || !orderHolds(plan, relation)) return false;
  return plan.list ? rowsHold(plan) : plan.measures.length > 0 && derivationHolds(plan);
}

const isDerived = ({ share, growth }: Plan) => share !== undefined || growth !== undefined;

const rowsHold = (plan: Plan) =>
  plan.measures.length + plan.groups.length + plan.having.length === 0 && !isDerived(plan);

/** Shares and growth are of one measure of all groups, and one of them at a time. */
function derivationHolds(plan: Plan): boolean {
  if (!isDerived(plan)) return true;
  const single = plan.measures.length === 1 && plan.having.length === 0;
  const grained = plan.groups.some((group) => 'grain' in group);
  return single && (plan.growth === undefined || (grained && plan.share === undefined));
}

function orderHolds(plan: Plan, relation: ModelRelation): boolean {
  if (plan.order === undefined) return true;
  const { dimensions, numbers, date } = relation;
  const orderable = plan.list ? Object.keys({ ...dimensions, ...numbers, ...date }) : columnsOf(plan, relation);
  return orderable.includes(plan.order.column);
}
