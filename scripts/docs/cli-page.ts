// By path: a workspace dependency of the root would count as one of every package in `turbo boundaries`.
import { COMMANDS } from '../../packages/cli/src/commands/index.ts';
import { helpOfCommand, helpOfCommands } from '../../packages/cli/src/help.ts';

/** Every page of `causeway --help`. */
export function cliPage(): string {
  const sections = COMMANDS.map((command) => `## ${command.name}\n\n${block(helpOfCommand(command))}`);
  return `# The command line

From the table of commands in \`packages/cli/src/commands/index.ts\`; \`causeway help COMMAND\` prints the same. The result is on stdout, alone.
What is said beside it, such as how far long work is, is on stderr. Every command that prints a result takes \`--json\`.

${block(helpOfCommands(COMMANDS))}

${sections.join('\n\n')}
`;
}

const block = (text: string) => `\`\`\`text\n${text}\`\`\``;
