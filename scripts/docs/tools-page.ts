// By path, because the root depends on no workspace package; and a service exports nothing.
// oxlint-disable-next-line no-restricted-imports
import { TOOL_LIST } from '../../services/mcp/src/tools/index.ts';

/** Every tool exactly as `tools/list` shows it to a model. */
export function toolsPage(): string {
  const tools = TOOL_LIST.map(({ description: { name, title, description, annotations, ...schemas }, scope }) =>
    [
      `## ${name}`,
      `**${title}** · ${scope === undefined ? 'no scope' : `scope \`${scope}\``} · ${hintsOf(annotations)}`,
      description,
      'Input:',
      json(schemas.inputSchema),
      'Output:',
      json(schemas.outputSchema),
    ].join('\n\n'),
  );
  return `# The tools as a model sees them

From \`services/mcp/src/tools\`. Names, descriptions and schemas are what \`tools/list\` answers; who is shown which tool is the policy's business. A text that changes here changes what models do: review it like code.

${tools.join('\n\n')}
`;
}

const json = (value: object) => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;

function hintsOf(annotations: Readonly<Record<string, boolean>>): string {
  const named = Object.entries(annotations).filter(([, value]) => value);
  return named.map(([hint]) => `\`${hint}\``).join(', ');
}
