import type { ModelRelation } from '../model/semantic-model.ts';
import { numberOf } from '../model/number-of.ts';
import { countName, GROWTH, OF_TOTAL, PREVIOUS, SHARE } from './column-names.ts';
import type { Plan, PlanGroup, PlanMeasure } from './plan.ts';

const AGGREGATES = { sum: 'total', avg: 'average', min: 'lowest', max: 'highest' } as const;

export const columnOfGroup = (group: PlanGroup): string => ('dimension' in group ? group.dimension : group.grain);

export function columnOfMeasure(measure: PlanMeasure, relation: ModelRelation): string {
  if ('measure' in measure) return measure.measure;
  if ('aggregate' in measure) return `${AGGREGATES[measure.aggregate]}_${measure.number}`;
  if ('distinct' in measure) return `${measure.distinct}_count`;
  return countName(relation);
}

/** The columns of the answer, in order. */
export function columnsOf(plan: Plan, relation: ModelRelation): readonly string[] {
  if (plan.list) return relation.list;
  return [
    ...plan.groups.map(columnOfGroup),
    ...plan.measures.map((measure) => columnOfMeasure(measure, relation)),
    ...(plan.share === undefined ? [] : plan.share.of.length === 0 ? [SHARE] : [OF_TOTAL, SHARE]),
    ...(plan.growth === undefined ? [] : [PREVIOUS, GROWTH]),
  ];
}

/** The number that a measure of a plan is about. */
export function numberOfMeasure(measure: PlanMeasure, { measures }: ModelRelation): string | undefined {
  if ('aggregate' in measure) return measure.number;
  const named = 'measure' in measure ? measures[measure.measure] : undefined;
  return named === undefined || 'ratio' in named ? undefined : numberOf(named);
}

export const sameMeasure = (one: PlanMeasure, other: PlanMeasure) => JSON.stringify(one) === JSON.stringify(other);
