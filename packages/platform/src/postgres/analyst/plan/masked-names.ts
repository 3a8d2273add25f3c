import type { ModelMeasure, ModelRelation } from '../model/semantic-model.ts';
import { numberOf } from '../model/number-of.ts';
import { dimensionLabel, numberLabel } from './labels.ts';
import type { Plan, PlanMeasure } from './plan.ts';

/**
 * What of a plan rests on columns that are masked for the caller. The engine gives nothing away either way; but a total over empty values,
 * or a list that a condition on empty values has emptied, would look like an answer.
 */
export function maskedNames(plan: Plan, relation: ModelRelation, masked: ReadonlySet<string>): readonly string[] {
  const names = new Set(usedNames(plan, relation));
  const dates = Object.keys(relation.date).filter((name) => names.has(name));
  const { dimensions, numbers, date } = relation;
  return [
    ...Object.keys(dimensions)
      .filter((name) => names.has(name) && masked.has(dimensions[name]?.column ?? ''))
      .map((name) => dimensionLabel(name, relation)),
    ...Object.keys(numbers)
      .filter((name) => names.has(name) && masked.has(numbers[name]?.column ?? ''))
      .map((name) => numberLabel(name, relation)),
    ...dates.filter((name) => masked.has(date[name]?.column ?? '')),
  ];
}

function usedNames(plan: Plan, relation: ModelRelation): readonly string[] {
  const dated = plan.periods.length + plan.notPeriods.length > 0 || plan.groups.some((group) => 'grain' in group);
  return [
    ...[...plan.measures, ...plan.having.map(({ measure }) => measure)].flatMap((measure) =>
      namesOf(measure, relation),
    ),
    ...plan.groups.flatMap((group) => ('dimension' in group ? [group.dimension] : [])),
    ...[...plan.values, ...(plan.share?.of ?? [])].map(({ dimension }) => dimension),
    ...plan.numbers.map(({ number }) => number),
    ...(plan.order === undefined ? [] : [plan.order.column]),
    ...(dated ? Object.keys(relation.date) : []),
  ];
}

function namesOf(measure: PlanMeasure, relation: ModelRelation): readonly string[] {
  if ('aggregate' in measure) return [measure.number];
  if ('distinct' in measure) return [measure.distinct];
  const named = 'measure' in measure ? relation.measures[measure.measure] : undefined;
  return named === undefined ? [] : namesOfNamed(named, relation);
}

function namesOfNamed(measure: ModelMeasure, relation: ModelRelation): readonly string[] {
  if ('ratio' in measure) return measure.ratio.flatMap((name) => namesOf({ measure: name }, relation));
  const number = numberOf(measure);
  return [
    ...(number === undefined ? [] : [number]),
    ...('distinct' in measure ? [measure.distinct] : []),
    ...Object.keys(measure.where ?? {}),
  ];
}
