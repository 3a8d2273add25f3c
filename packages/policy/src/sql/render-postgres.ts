import type { PostgresGovernance } from './postgres-governance.ts';
import { sqlComment } from './sql-comment.ts';

const HEADER = `-- Governance of the policy, for psql, as a superuser: one transaction, or nothing.
-- Roles belong to the whole server: not for a server of which another database is governed by another policy.
-- It makes and replaces. What the policy no longer names is dropped by \`causeway db apply\`, not by this script.
-- The tables of relations without \`from\` must exist and belong to causeway_owner: \`causeway db apply\` creates the sample ones.`;

/** The governance as a script that people can read, and psql can run as often as they like. */
export function renderPostgres({ preamble, objects, prerequisites }: PostgresGovernance): string {
  const prerequisiteLines = prerequisites.flatMap(({ schema, relation, statements }) => [
    sqlComment(`To be granted by the owner of ${schema}.${relation}, after this script:`),
    ...statements.map((statement) => sqlComment(`${statement};`)),
  ]);
  const sections = objects.map(({ kind, name, statements }) =>
    [sqlComment(`${kind}: ${name}`), ...statements.map((statement) => `${statement};`)].join('\n'),
  );
  return `${[
    [HEADER, ...prerequisiteLines].join('\n'),
    '\\set ON_ERROR_STOP on\n\\encoding UTF8',
    ['BEGIN', ...preamble].map((statement) => `${statement};`).join('\n'),
    ...sections,
    'COMMIT;',
  ].join('\n\n')}\n`;
}
