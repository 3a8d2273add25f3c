import type { Command, Option } from './command.ts';

/** The page of all commands, or of one group of them. */
export function helpOfCommands(commands: readonly Command[], group = ''): string {
  const rows = commands.map(({ name, summary }): [string, string] => [name, summary]);
  return lines(
    `Usage: causeway ${group === '' ? '' : `${group} `}COMMAND [OPTIONS]`,
    '',
    'Commands:',
    ...columns(rows),
    '',
    'Options:',
    ...columns([
      ['-h, --help', 'this page; after a command, the page of that command, as `causeway help COMMAND`'],
      ...(group === '' ? [['    --version', 'the version'] as const] : []),
    ]),
    '',
    'Exit codes: 0 done, 1 no or failed, 2 wrong usage, 78 wrong configuration, 130 ended by Ctrl-C.',
    'CAUSEWAY_DEBUG=1 shows where an error came from.',
  );
}

export function helpOfCommand(command: Command): string {
  return lines(
    `Usage: ${usageOf(command)}`,
    '',
    command.summary,
    ...(command.details ?? []),
    '',
    'Options:',
    ...columns([
      ...Object.entries(command.options).map(([name, option]): [string, string] => [flagOf(name, option), option.help]),
      ['-h, --help', 'this page'],
    ]),
  );
}

export function usageOf({ name, operands, options }: Command): string {
  const words = operands.map((operand) => (operand.required ? operand.name : `[${operand.name}]`));
  const flags = Object.entries(options).map(([option, spec]) => {
    const flag = spec.type === 'string' ? `--${option} ${spec.value}` : `--${option}`;
    return spec.type === 'string' && spec.required === true ? flag : `[${flag}]`;
  });
  return ['causeway', name, ...words, ...flags].join(' ');
}

function flagOf(name: string, option: Option): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  return `${short}--${name}${option.type === 'string' ? ` ${option.value}` : ''}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

function lines(...parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}
