import type { ModelRelation, SemanticModel } from '../model/semantic-model.ts';
import type { Plan } from './plan.ts';
import type { Request } from './request.ts';

export interface BuildContext {
  readonly model: SemanticModel;
  readonly relation: ModelRelation;
  readonly relationName: string;
  /** A question of its own, not one that goes on from the plan before. */
  readonly fresh: boolean;
}

export type Step = (plan: Plan, request: Request, context: BuildContext) => Plan;

export const emptyPlan = (relation: string): Plan => ({
  version: 1,
  relation,
  list: false,
  measures: [],
  groups: [],
  values: [],
  numbers: [],
  periods: [],
  notPeriods: [],
  having: [],
});

/** A question that says what it wants to know stands alone, unless it begins by taking up the answer before. */
export function isFollowUp(request: Request, previous: Plan): boolean {
  const { has, cueLeads } = request;
  if (has.has('restart')) return false;
  if (cueLeads || has.has('remove') || has.has('those')) return true;
  if (has.has('how_much')) return false;
  if (saysWhat(request)) return opensRows(request) && !previous.list && !has.has('all') && !narrows(request);
  return !choosesGroups(request);
}

const saysWhat = ({ measures, bareCount, subject }: Request) =>
  subject !== undefined || (measures.length > 0 && !bareCount);

/** "Customers with more than 100 deals" says what it counts. */
const choosesGroups = ({ mentions, conditions }: Request) =>
  mentions.length > 0 && conditions.some(({ target }) => typeof target === 'object' && 'measure' in target);

/** "Show the deals", after a total, asks for the deals behind it. */
const opensRows = ({ measures, subject, groups, rank, mentions }: Request) =>
  measures.length === 0 && subject !== undefined && groups.length === 0 && mentions.length === 0 && rank === undefined;

const narrows = ({ values, periods, conditions }: Request) => values.length + periods.length + conditions.length > 0;
