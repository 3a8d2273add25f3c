import type { DatabricksGovernance } from './compile-databricks.ts';
import { sqlComment } from './sql-comment.ts';

/** The governance as a script for a SQL warehouse or a notebook: what to know of it first, then the statements. */
export function renderDatabricks({ sections, warnings }: DatabricksGovernance): string {
  const header = ['Governance of the policy, for Databricks, as the owner of the catalog.', ...warnings].map(
    sqlComment,
  );
  const parts = sections
    .filter(({ statements }) => statements.length > 0)
    .map(({ title, statements }) => [sqlComment(title), ...statements.map((statement) => `${statement};`)].join('\n'));
  return `${[header.join('\n'), ...parts].join('\n\n')}\n`;
}
