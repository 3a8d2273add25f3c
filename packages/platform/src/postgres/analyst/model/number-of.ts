import type { ModelMeasure } from './semantic-model.ts';

/** The number that a measure is about. */
export function numberOf(measure: ModelMeasure): string | undefined {
  if ('sum' in measure) return measure.sum;
  if ('avg' in measure) return measure.avg;
  if ('min' in measure) return measure.min;
  return 'max' in measure ? measure.max : undefined;
}
