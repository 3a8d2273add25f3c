// By path, because the root depends on no workspace package; and a service exports nothing.
// oxlint-disable no-restricted-imports
import type { Variable } from '../../packages/runtime/src/index.ts';
import { WORKER_VARIABLES } from '../../services/audit-worker/src/settings.ts';
import { MCP_VARIABLES } from '../../services/mcp/src/settings.ts';
import { PORTAL_VARIABLES } from '../../services/portal/src/settings.ts';
import { markdownTable } from './markdown-table.ts';

const SERVICES: Readonly<Record<string, Readonly<Record<string, Variable<unknown>>>>> = {
  portal: PORTAL_VARIABLES,
  mcp: MCP_VARIABLES,
  'audit-worker': WORKER_VARIABLES,
};

/** Every environment variable that a service reads, as its own settings declare it. */
export function settingsPage(): string {
  const sections = Object.entries(SERVICES).map(([service, variables]) => {
    const rows = Object.values(variables).map((variable) => [
      nameOf(variable),
      variable.description,
      `must be ${variable.expects}`,
      defaultOf(variable),
    ]);
    return `## ${service}\n\n${markdownTable(['variable', 'meaning', 'value', 'when not set'], rows)}`;
  });
  return `# Settings

From \`settings.ts\` of each service. All problems are reported at once, by name and never by value; the process then ends with exit
code 78. A process is local while every public URL that it is given is loopback, and in production otherwise: there a default
marked "locally" does not hold, and a secret comes from the file that its \`…_FILE\` variable names.

${sections.join('\n\n')}
`;
}

const nameOf = ({ name, isSecret }: Variable<unknown>) =>
  isSecret === true ? `\`${name}\` or \`${name}_FILE\`` : `\`${name}\``;

function defaultOf({ default: always, localDefault, required }: Variable<unknown>): string {
  if (always !== undefined) return `\`${always}\``;
  if (localDefault !== undefined) return `locally \`${localDefault}\`, else refused`;
  return required ? 'refused' : 'off';
}
