import { own } from './own.ts';
import type { Policy } from './schema.ts';

/**
 * The columns that a relation's governed view shows: an allow-list, so that a new column of the table is not shown by itself.
 * In the order of `columns`; or else, by name, those that datasets name and the masked ones. A view cannot change its order.
 */
export function exposedColumns(policy: Pick<Policy, 'data' | 'datasets'>, relation: string): readonly string[] {
  const governed = own(policy.data, relation);
  if (governed === undefined) return [];
  if (governed.columns !== undefined) return governed.columns;
  const named = Object.values(policy.datasets)
    .filter((dataset) => dataset.relation === relation)
    .flatMap((dataset) => Object.values(dataset.columns));
  return [...new Set([...named, ...Object.keys(governed.masks)])].toSorted();
}
