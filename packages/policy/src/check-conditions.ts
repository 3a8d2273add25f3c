import type { PolicyCheck } from './policy-check.ts';
import { checkPredicate } from './sql/check-predicate.ts';

/** Row conditions, read by PostgreSQL's own grammar. */
export async function checkConditions({ draft, report }: PolicyCheck): Promise<void> {
  for (const [relation, { rows }] of Object.entries(draft.data)) {
    for (const [group, condition] of Object.entries(rows)) {
      if (condition.trim().toLowerCase() === 'all') continue;
      const read = await checkPredicate(condition);
      if (read.ok) continue;
      const where = read.character === undefined ? '' : ` (character ${read.character} of the condition)`;
      report(['data', relation, 'rows', group], `cannot be a row condition: ${read.reason}${where}`);
    }
  }
}
