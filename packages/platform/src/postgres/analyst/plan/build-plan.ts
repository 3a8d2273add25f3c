import { analyse } from './analyse.ts';
import { type BuildContext, emptyPlan, isFollowUp } from './build-context.ts';
import { filter } from './filter.ts';
import { liftConditions } from './lift-conditions.ts';
import { order } from './order.ts';
import { type Plan, planSchema } from './plan.ts';
import { removeParts } from './remove-parts.ts';
import type { Request } from './request.ts';
import { shape } from './shape.ts';
import { Unclear } from './unclear.ts';

/** More does not fit into a conversation's handle. */
const PLAN_BYTES_MAX = 3500;

/** The plan of a question, or of a follow-up to the plan before. Throws `Unclear`. */
export function buildPlan(asked: Request, previous: Plan | undefined, context: Omit<BuildContext, 'fresh'>): Plan {
  const request = liftConditions(asked, context.relation);
  const base = previous !== undefined && isFollowUp(request, previous) ? previous : undefined;
  const full: BuildContext = { ...context, fresh: base === undefined };
  let plan = base ?? emptyPlan(context.relationName);
  for (const step of [removeParts, shape, filter, analyse, order]) plan = step(plan, request, full);
  const checked = planSchema.safeParse(plan);
  if (!checked.success || Buffer.byteLength(JSON.stringify(checked.data)) > PLAN_BYTES_MAX) {
    throw new Unclear('That is more at once than I can do. Please ask for fewer conditions, measures or groups.');
  }
  return checked.data;
}
