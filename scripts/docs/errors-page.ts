// By path: a workspace dependency of the root would count as one of every package in `turbo boundaries`.
import { ERRORS } from '../../packages/core/src/index.ts';
import { markdownTable } from './markdown-table.ts';

const code = (value: string | undefined) => (value === undefined ? undefined : `\`${value}\``);

export function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(([name, shape]) => [
    code(name),
    shape.http,
    code(shape.mcp),
    code(shape.oauth),
    shape.retryable ? 'yes' : 'no',
    shape.publicMessage,
  ]);
  return `# Errors

One table in \`packages/core/src/errors.ts\` holds every error code and how it looks on each transport. A dash means that the
code never appears there. \`config_invalid\` ends the process with exit code 78.

${markdownTable(['code', 'HTTP', 'MCP', 'OAuth', 'retryable', 'message'], rows)}
`;
}
