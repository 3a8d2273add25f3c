import type { MaskRule, RowRule } from './access-rules.ts';
import { type Dialect, writePredicate } from './write-predicate.ts';

export interface EngineDialect extends Dialect {
  /** Whether the caller is in a group, asked of the engine itself. */
  isMember(group: string): string;
}

/** Several groups are a union. A caller in none of them meets no branch. */
export function rowCondition(rows: readonly RowRule[], dialect: EngineDialect): string {
  if (rows.length === 0) return 'false';
  return rows
    .map(({ group, predicate }) => {
      const isMember = dialect.isMember(group);
      return predicate === 'all' ? isMember : `(${isMember} AND (${writePredicate(predicate, dialect)}))`;
    })
    .join('\n  OR ');
}

/** CASE gives the column's own type, and NULL where no branch holds. */
export function maskedValue({ visibleTo }: MaskRule, value: string, dialect: EngineDialect): string {
  const visible = visibleTo.length === 0 ? 'false' : visibleTo.map((group) => dialect.isMember(group)).join(' OR ');
  return `CASE WHEN ${visible} THEN ${value} END`;
}
