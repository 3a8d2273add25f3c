import type { RelationRules } from './access-rules.ts';
import { databricksDialect, databricksIdentifier } from './dialects.ts';
import { maskedValue, rowCondition } from './write-access.ts';

const id = databricksIdentifier;

/**
 * Over a table that stays as it is: who writes to it or owns it meets no filter, and who reads the view meets both. Groups are asked of whoever
 * runs the query, the table is read as the view's owner.
 */
export function databricksView({ schema, relation, base, columns, rows, masks }: RelationRules): string {
  const masked = new Map(masks.map((mask) => [mask.column, mask]));
  const items = columns.map((column) => {
    const mask = masked.get(column);
    return mask === undefined ? id(column) : `${maskedValue(mask, id(column), databricksDialect)} AS ${id(column)}`;
  });
  return `CREATE OR REPLACE VIEW ${id(schema)}.${id(relation)} AS
SELECT
${items.map((item) => `  ${item}`).join(',\n')}
FROM ${id(base.schema)}.${id(base.relation)}
WHERE ${rowCondition(rows, databricksDialect)}`;
}
