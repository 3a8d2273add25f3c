import type { BuildContext, Step } from './build-context.ts';
import { columnOfGroup, columnOfMeasure, columnsOf, sameMeasure } from './columns.ts';
import { ANALYSES, measuresAsked, measuresOrDefault } from './measures-asked.ts';
import type { Plan, PlanGroup, PlanMeasure } from './plan.ts';
import { ungrouped } from './remove-parts.ts';
import type { Request } from './request.ts';
import { Unclear } from './unclear.ts';
import { uniqueBy } from './unique-by.ts';

/** Rows or measures, which ones, and in which groups. */
export const shape: Step = (plan, request, context) => {
  const groups = uniqueBy(groupsAsked(request), columnOfGroup);
  assertDated(groups, context);
  const measures = measuresAsked(plan, request, context);
  if (wantsRows(request, { groups, measures })) return asRows(plan, request, context);
  if (request.has.has('date')) throw new Unclear('By which part of the date: by day, month, quarter or year?');
  if (context.fresh) return { ...plan, groups, measures: measuresOrDefault(measures, request, context) };
  return refined(plan, { groups, measures, request, context });
};

interface Asking {
  readonly request: Request;
  readonly context: BuildContext;
}

interface Asked {
  readonly groups: PlanGroup[];
  readonly measures: PlanMeasure[];
}

function assertDated(groups: readonly PlanGroup[], { relation }: BuildContext): void {
  const dated = Object.keys(relation.date).length > 0 || !groups.some((group) => 'grain' in group);
  if (!dated) throw new Unclear(`${relation.many} have no date.`);
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
  if (plan.list) return plan;
  // "Their deals", after a top three, would be those of all.
  const partial = plan.groups.length > 0 && (plan.limit !== undefined || plan.having.length > 0);
  if (partial)
    throw new Unclear(
      `The last answer showed a part of the groups only. Name those whose ${relation.many} you want to see.`,
    );
  return { ...ungrouped(plan), list: true, measures: [], groups: [] };
}

function refined(plan: Plan, { groups, measures, request, context }: Asked & Asking): Plan {
  const adds = request.cues.has('add') || request.has.has('and');
  const regrouped = groups.length > 0;
  const list = plan.list && !regrouped && measures.length === 0;
  const keepsOrder = list || (!regrouped && !plan.list);
  const next: Plan = {
    ...(keepsOrder ? plan : { ...ungrouped(plan), share: plan.share, growth: stepFor(plan, groups) }),
    list,
    groups: uniqueBy([...(adds || !regrouped ? plan.groups : []), ...groups], columnOfGroup),
    measures: newMeasures(plan, { measures, adds, regrouped, context }),
  };
  return reordered(next, plan, context.relation);
}

/** Growth month over month becomes growth quarter over quarter when the groups become quarters. */
function stepFor({ growth }: Plan, groups: readonly PlanGroup[]): Plan['growth'] {
  if (growth === undefined) return undefined;
  return groups.flatMap((group) => ('grain' in group ? [group.grain] : [])).at(-1) ?? growth;
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
