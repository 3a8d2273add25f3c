import { type DateRange, shiftDay } from './calendar.ts';
import type { Comparator } from './language/meaning.ts';
import type { ModelRelation } from './model/semantic-model.ts';
import { GROWTH, SHARE } from './plan/column-names.ts';
import { columnOfGroup, columnOfMeasure } from './plan/columns.ts';
import { defaultOrder } from './plan/default-order.ts';
import {
  allOf,
  dimensionLabel,
  grainLabel,
  groupLabel,
  labelOf,
  measureLabel,
  numberLabel,
  oneOf,
} from './plan/labels.ts';
import type { Plan, PlanCondition, PlanValues } from './plan/plan.ts';

const COMPARATORS: Record<Comparator, string> = {
  gt: 'over',
  ge: 'at least',
  lt: 'under',
  le: 'at most',
  eq: 'exactly',
  ne: 'other than',
};

/** What was understood, in one sentence: whoever asked can see at once if it is not what was meant. */
export function readingOf(plan: Plan, relation: ModelRelation): string {
  const conditions = conditionsOf(plan, relation);
  const where = conditions.length === 0 ? '' : `, where ${allOf(conditions)}`;
  const parts = [`${subjectOf(plan, relation)}${where}`, ...orderOf(plan, relation)];
  if (plan.limit !== undefined) parts.push(plan.limit === 1 ? 'the first one' : `the first ${plan.limit}`);
  return `${capital(parts.join('; '))}.`;
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

function subjectOf(plan: Plan, relation: ModelRelation): string {
  if (plan.list) return relation.many;
  const measures = allOf(plan.measures.map((measure) => measureLabel(measure, relation)));
  const groups =
    plan.groups.length === 0 ? '' : ` by ${allOf(plan.groups.map((group) => groupLabel(group, relation)))}`;
  const growth = plan.growth === undefined ? '' : `, compared with the ${grainLabel(plan.growth)} before`;
  return `${shareOf(plan, measures, relation)}${groups}${growth}`;
}

function shareOf({ share }: Plan, measures: string, relation: ModelRelation): string {
  if (share === undefined) return measures;
  if (share.of.length === 0) return `${measures} and its percentage of the total`;
  return `percentage of the ${measures} where ${allOf(share.of.map((values) => valuesText(values, relation)))}`;
}

function conditionsOf(plan: Plan, relation: ModelRelation): readonly string[] {
  const [dateName, date] = Object.entries(relation.date)[0] ?? ['', undefined];
  const when = labelOf(dateName, date);
  return [
    ...plan.values.map((values) => valuesText(values, relation)),
    ...plan.numbers.map(({ number, conditions }) => `${numberLabel(number, relation)} is ${limits(conditions)}`),
    ...(plan.periods.length === 0 ? [] : [`${when} ${oneOf(plan.periods.map(rangeText))}`]),
    ...(plan.notPeriods.length === 0 ? [] : [`not ${when} ${oneOf(plan.notPeriods.map(rangeText))}`]),
    ...plan.having.map(({ measure, conditions }) => `the ${measureLabel(measure, relation)} is ${limits(conditions)}`),
  ];
}

const limits = (conditions: readonly PlanCondition[]) =>
  allOf(conditions.map(({ comparator, value }) => `${COMPARATORS[comparator]} ${value.toLocaleString('en-US')}`));

function valuesText({ dimension, values, not }: PlanValues, relation: ModelRelation): string {
  return `${dimensionLabel(dimension, relation)} is ${not ? 'not ' : ''}${oneOf(values.map((value) => value.slice(0, 80)))}`;
}

function rangeText({ from, to }: DateRange): string {
  const last = to === undefined ? undefined : shiftDay(to, 'day', -1);
  if (from === undefined) return `until ${last}`;
  if (last === undefined) return `since ${from}`;
  return from === last ? `on ${from}` : `from ${from} to ${last}`;
}

function orderOf(plan: Plan, relation: ModelRelation): readonly string[] {
  const order = plan.order ?? defaultOrder(plan, relation);
  if (order === undefined) return [];
  const { column, direction } = order;
  const measure = plan.measures.find((one) => columnOfMeasure(one, relation) === column);
  const group = plan.groups.find((one) => columnOfGroup(one) === column);
  if (group !== undefined)
    return [`in ${direction === 'asc' ? '' : 'reverse '}order of ${groupLabel(group, relation)}`];
  const end = direction === 'desc' ? 'highest' : 'lowest';
  if (measure !== undefined) return [`sorted by ${measureLabel(measure, relation)}, ${end} first`];
  if (column === SHARE || column === GROWTH)
    return [`sorted by ${column === SHARE ? 'share' : 'growth'}, ${end} first`];
  return [rowOrder(column, direction, relation)];
}

function rowOrder(column: string, direction: 'asc' | 'desc', relation: ModelRelation): string {
  if (Object.hasOwn(relation.date, column)) return direction === 'desc' ? 'latest first' : 'earliest first';
  if (Object.hasOwn(relation.numbers, column))
    return `sorted by ${numberLabel(column, relation)}, ${direction === 'desc' ? 'highest' : 'lowest'} first`;
  return `in ${direction === 'asc' ? '' : 'reverse '}order of ${dimensionLabel(column, relation)}`;
}
