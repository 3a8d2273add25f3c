import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deltaSchema } from '../../packages/audit/src/index.ts';
import { compileDatabricks, parsePolicy, renderDatabricks } from '../../packages/policy/src/index.ts';

const POLICY = 'infra/local/policy.yaml';
const CATALOG = 'main';

/** What the demo policy means in Unity Catalog. */
export async function governanceSql(): Promise<string> {
  const file = fileURLToPath(new URL(`../../${POLICY}`, import.meta.url));
  const { policy, engineDigest: digest } = await parsePolicy(readFileSync(file, 'utf8'), { file });
  const sql = renderDatabricks(await compileDatabricks(policy, { catalog: CATALOG, digest }));
  return `-- Of ${POLICY}, by \`pnpm generate\`. Of another policy: causeway policy sql --dialect databricks --catalog NAME FILE\n${sql}`;
}

/** The tables of the audit trail. Two names are for the reader to put in. */
export function auditSql(): string {
  const statements = deltaSchema({
    base: `\`${CATALOG}\`.\`audit_base\``,
    catalog: `\`${CATALOG}\``,
    worker: '`AUDIT_WORKER_APPLICATION_ID`',
    reader: '`AUDIT_READER`',
  });
  return `-- By \`pnpm generate\`. The tables of the audit trail, for a SQL warehouse, as who is to own them: once, before governance.sql, whose view is over them.
-- AUDIT_WORKER_APPLICATION_ID: application id of the worker's service principal. AUDIT_READER: who runs \`causeway audit verify\`, a group or an application id.

${statements.map((statement) => `${statement};`).join('\n')}
`;
}
