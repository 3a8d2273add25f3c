import type { ModelRelation } from '../model/semantic-model.ts';
import { columnOfGroup, columnOfMeasure } from './columns.ts';
import type { Plan } from './plan.ts';

/** Time runs forward, groups begin with the largest, rows with the latest. */
export function defaultOrder(plan: Plan, relation: ModelRelation): Plan['order'] {
  const date = Object.keys(relation.date)[0];
  if (plan.list) return date === undefined ? undefined : { column: date, direction: 'desc' };
  const [measure] = plan.measures;
  const grain = plan.groups.find((group) => 'grain' in group);
  if (plan.groups.length === 0 || measure === undefined) return undefined;
  if (grain !== undefined) return { column: columnOfGroup(grain), direction: 'asc' };
  const direction = 'measure' in measure ? (relation.measures[measure.measure]?.order ?? 'desc') : 'desc';
  return { column: columnOfMeasure(measure, relation), direction };
}
