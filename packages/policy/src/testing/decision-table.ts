import { accessRules, type PolicyData, type RelationRules } from '../sql/access-rules.ts';
import { policyDialect } from '../sql/dialects.ts';
import { writePredicate } from '../sql/write-predicate.ts';

/** What one group alone sees of one relation. Several groups see the union. */
export interface GroupDecision {
  readonly relation: string;
  readonly group: string;
  /** `all`, or the row rule in one written form, whatever the policy's own spelling. */
  readonly rows: string;
  /** In the order of the view. */
  readonly columns: Readonly<Record<string, 'visible' | 'masked'>>;
}

/** The policy's rows and columns as a table, before any engine's SQL: one line per relation and group that has rows. */
export async function decisionTable(policy: PolicyData): Promise<readonly GroupDecision[]> {
  return (await accessRules(policy)).flatMap(decisionsOf);
}

function decisionsOf({ schema, relation, columns, rows, masks }: RelationRules): readonly GroupDecision[] {
  const visibleTo = new Map(masks.map((mask) => [mask.column, mask.visibleTo]));
  return rows.map(({ group, predicate }) => ({
    relation: `${schema}.${relation}`,
    group,
    rows: predicate === 'all' ? 'all' : writePredicate(predicate, policyDialect),
    columns: Object.fromEntries(
      columns.map((column) => [column, visibleTo.get(column)?.includes(group) === false ? 'masked' : 'visible']),
    ),
  }));
}
