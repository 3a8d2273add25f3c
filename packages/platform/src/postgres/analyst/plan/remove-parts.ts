import type { Removal } from '../clauses/clause.ts';
import type { BuildContext, Step } from './build-context.ts';
import type { Plan } from './plan.ts';
import { Unclear } from './unclear.ts';

/** Takes away what a follow-up wants taken away. */
export const removeParts: Step = (plan, request, context) => {
  const removed = request.removals.reduce((rest, what) => without(rest, what), plan);
  // In a question of its own "all regions" takes nothing away.
  const idle = !context.fresh && JSON.stringify(removed) === JSON.stringify(plan);
  if (idle && onlyRemoves(request.has) && request.removals.length > 0) throw new Unclear(nothing(context));
  return removed;
};

const onlyRemoves = (has: ReadonlySet<string>) =>
  [...has].every((kind) => ['remove', 'all', 'cue', 'list'].includes(kind));
const nothing = ({ relation }: BuildContext) =>
  `There is nothing of that kind to remove from the last answer about ${relation.many}.`;

function without(plan: Plan, what: Removal): Plan {
  if (what === 'filters') return { ...plan, values: [], numbers: [], periods: [], notPeriods: [], having: [] };
  if (what === 'period') return { ...plan, periods: [], notPeriods: [] };
  if (what === 'grouping') return { ...ungrouped(plan), groups: [] };
  if (what === 'limit') return { ...plan, limit: undefined };
  if (what === 'share') return { ...plan, share: undefined };
  if (what === 'growth') return { ...plan, growth: undefined };
  if ('number' in what) return { ...plan, numbers: plan.numbers.filter(({ number }) => number !== what.number) };
  return { ...plan, values: plan.values.filter(({ dimension }) => dimension !== what.dimension) };
}

/** What stands and falls with the groups. */
export const ungrouped = (plan: Plan): Plan => ({
  ...plan,
  having: [],
  share: undefined,
  growth: undefined,
  order: undefined,
  limit: undefined,
});
