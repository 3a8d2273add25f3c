import type { PostgresGovernance } from './postgres-governance.ts';

const HEADER = `-- Governance of the policy, for psql, as a superuser: one transaction, or nothing.
-- It makes and replaces. What the policy no longer names is dropped by \`causeway db apply\`, not by this script.
-- The tables of relations without \`from\` must exist and belong to causeway_owner: \`causeway db apply\` creates the sample ones.`;

/** The governance as a script that people can read, and psql can run as often as they like. */
export function renderPostgres({ preamble, objects, prerequisites }: PostgresGovernance): string {
  const prerequisiteLines = prerequisites.flatMap(({ schema, relation, statements }) => [
    comment(`To be granted by the owner of ${schema}.${relation}, before this script:`),
    ...statements.map((statement) => comment(`${statement};`)),
  ]);
  const sections = objects.map(({ kind, name, statements }) =>
    [comment(`${kind}: ${name}`), ...statements.map((statement) => `${statement};`)].join('\n'),
  );
  return `${[
    [HEADER, ...prerequisiteLines].join('\n'),
    '\\set ON_ERROR_STOP on',
    ['BEGIN', ...preamble].map((statement) => `${statement};`).join('\n'),
    ...sections,
    'COMMIT;',
  ].join('\n\n')}\n`;
}

/** On one line, whatever is in it. */
function comment(text: string): string {
  return `-- ${text.replaceAll(/[\p{C}\u2028\u2029]/gu, ' ')}`;
}
