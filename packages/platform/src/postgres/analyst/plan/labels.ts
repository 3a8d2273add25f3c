import type { Grain } from '../calendar.ts';
import type { ModelRelation } from '../model/semantic-model.ts';
import type { PlanGroup, PlanMeasure } from './plan.ts';

const AGGREGATES = { sum: 'total', avg: 'average', min: 'lowest', max: 'highest' } as const;

interface Named {
  readonly label?: string | undefined;
}

export const labelOf = (name: string, entry: Named | undefined): string => entry?.label ?? name.replaceAll('_', ' ');
export const grainLabel = (grain: Grain): string => grain.replaceAll('_', ' ');
export const dimensionLabel = (name: string, { dimensions }: ModelRelation) => labelOf(name, dimensions[name]);
export const numberLabel = (name: string, { numbers }: ModelRelation) => labelOf(name, numbers[name]);

export function measureLabel(measure: PlanMeasure, relation: ModelRelation): string {
  if ('measure' in measure) return labelOf(measure.measure, relation.measures[measure.measure]);
  if ('aggregate' in measure) return `${AGGREGATES[measure.aggregate]} ${numberLabel(measure.number, relation)}`;
  if ('distinct' in measure) return `number of different ${plural(dimensionLabel(measure.distinct, relation))}`;
  return `number of ${relation.many}`;
}

const plural = (label: string) => (label.endsWith('y') ? `${label.slice(0, -1)}ies` : `${label}s`);

export const groupLabel = (group: PlanGroup, relation: ModelRelation): string =>
  'dimension' in group ? dimensionLabel(group.dimension, relation) : grainLabel(group.grain);

/** `by region, stage or month`: what a question could ask for. */
export function groupExamples(relation: ModelRelation): string {
  const names = Object.entries(relation.dimensions)
    .filter(([, { values, lookup }]) => values !== undefined || lookup)
    .slice(0, 3)
    .map(([name, entry]) => labelOf(name, entry));
  const all = Object.keys(relation.date).length > 0 ? [...names, 'month'] : names;
  return oneOf(all.map((name) => `by ${name}`));
}

/** What a question about this relation could be about. */
export function measureExamples(relation: ModelRelation): string {
  const names = Object.keys(relation.measures).slice(0, 2);
  const measures = names.map((name) => `the ${measureLabel({ measure: name }, relation)}`);
  return (
    [...measures, `the number of ${relation.many}`, `or a list of ${relation.many}`].join(', ') +
    `, for example ${groupExamples(relation)}`
  );
}

export const oneOf = (names: readonly string[]) => listed(names, 'or');
export const allOf = (names: readonly string[]) => listed(names, 'and');

function listed(names: readonly string[], joint: string): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${joint} ${names.at(-1)}`;
}
