import type { Grain } from '../calendar.ts';
import { as, is } from '../language/terms.ts';
import type { PlanGroup } from '../plan/plan.ts';
import type { Reader } from './clause.ts';

export interface FoundGroup {
  readonly group: PlanGroup;
  readonly next: number;
}

/** `region`, `month`, `fiscal quarter`, `date`. */
export function groupAt({ terms }: Reader, at: number): FoundGroup | undefined {
  const dimension = as(terms[at], 'dimension');
  if (dimension !== undefined) return { group: { dimension: dimension.name }, next: at + 1 };
  const fiscal = is(terms[at], 'fiscal');
  const unit = fiscal ? at + 1 : at;
  const grain = as(terms[unit], 'grain')?.grain ?? as(terms[unit], 'each_grain')?.grain;
  if (grain !== undefined) return { group: { grain: fiscal ? fiscalOf(grain) : grain }, next: unit + 1 };
  return is(terms[at], 'date') && !is(terms[at], 'value') ? { group: { grain: 'day' }, next: at + 1 } : undefined;
}

const fiscalOf = (grain: Grain): Grain =>
  grain === 'quarter' ? 'fiscal_quarter' : grain === 'year' ? 'fiscal_year' : grain;
