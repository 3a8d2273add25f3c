import { parseArgs } from 'node:util';

import type { Command, CommandContext } from './command.ts';
import { CommandError, EXIT_USAGE } from './command-error.ts';
import { usageOf } from './help.ts';
import { nearestName } from './nearest-name.ts';

export type CommandLine =
  | { readonly kind: 'version' }
  | { readonly kind: 'help'; readonly group: string; readonly commands: readonly Command[] }
  | { readonly kind: 'command help'; readonly command: Command }
  | { readonly kind: 'run'; readonly command: Command; readonly args: CommandContext['args'] };

/** What was asked for. Throws a CommandError when that cannot be said. */
export function parseCommandLine(typed: readonly string[], commands: readonly Command[]): CommandLine {
  const argv = typed[0] === 'help' ? [...typed.slice(1), '--help'] : typed;
  const words = leadingWords(argv);
  const command = longestMatch(words, commands);
  if (command !== undefined) return parseCommand(command, argv.slice(command.name.split(' ').length));

  const group = words.join(' ');
  const members = group === '' ? commands : commands.filter(({ name }) => name.startsWith(`${group} `));
  if (members.length === 0) throw unknownCommand(words, commands);
  const [flag] = argv.slice(words.length);
  if (flag === '--help' || flag === '-h') return { kind: 'help', group, commands: members };
  if (flag === '--version' && group === '') return { kind: 'version' };
  const page = ['causeway', ...words, '--help'].join(' ');
  if (flag !== undefined) throw new CommandError(EXIT_USAGE, `unknown option ${flag}; see ${page}`);
  throw new CommandError(EXIT_USAGE, `a command is missing; see ${page}`);
}

function leadingWords(argv: readonly string[]): readonly string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  return end === -1 ? argv : argv.slice(0, end);
}

function longestMatch(words: readonly string[], commands: readonly Command[]): Command | undefined {
  const typed = `${words.join(' ')} `;
  const [best] = commands
    .filter(({ name }) => typed.startsWith(`${name} `))
    .toSorted((one, other) => other.name.length - one.name.length);
  return best;
}

function unknownCommand(words: readonly string[], commands: readonly Command[]): CommandError {
  const names = commands.map(({ name }) => name);
  const depth = Math.max(...names.map((name) => name.split(' ').length));
  const typed = words.slice(0, depth).join(' ');
  const groups = names.flatMap((name) => (name.includes(' ') ? [name.slice(0, name.indexOf(' '))] : []));
  // `verify` for `audit verify`: the group was left out.
  const nearest = names.find((name) => name.endsWith(` ${words[0]}`)) ?? nearestName(typed, [...names, ...groups]);
  const advice = nearest === undefined ? 'see causeway --help' : `did you mean ${JSON.stringify(nearest)}?`;
  return new CommandError(EXIT_USAGE, `unknown command ${JSON.stringify(typed)}; ${advice}`);
}

function parseCommand(command: Command, argv: readonly string[]): CommandLine {
  const { values, positionals } = parse(command, argv);
  if (values['help'] === true) return { kind: 'command help', command };
  for (const [name, option] of Object.entries(command.options)) {
    if (option.type === 'boolean') values[name] ??= false;
    else if (option.required === true && values[name] === undefined) throw wrongUsage(command, `--${name} is missing`);
  }
  const missing = command.operands.filter(({ required }) => required)[positionals.length];
  if (missing !== undefined) throw wrongUsage(command, `${missing.name} is missing`);
  const surplus = positionals[command.operands.length];
  if (surplus !== undefined) throw wrongUsage(command, `${JSON.stringify(surplus)} is one word too many`);
  return { kind: 'run', command, args: { options: values, operands: positionals } };
}

interface Parsed {
  readonly values: Record<string, string | boolean | undefined>;
  readonly positionals: readonly string[];
}

function parse(command: Command, argv: readonly string[]): Parsed {
  const options = Object.entries({ ...command.options, help: { type: 'boolean', short: 'h' } as const });
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: Object.fromEntries(
        options.map(([name, { type, short }]) => [name, { type, ...(short === undefined ? {} : { short }) }]),
      ),
    });
    return { values, positionals };
  } catch (error) {
    // The parser's first sentence says what is wrong, the rest is advice about `--` that nobody needs here.
    const [reason] = error instanceof Error ? error.message.split(/[.\n]/) : [];
    throw wrongUsage(command, `${reason ?? 'the options cannot be read'}${adviceOn(reason, command)}`, error);
  }
}

function adviceOn(reason: string | undefined, { options }: Command): string {
  const typed = /^Unknown option '--([^']+)'/.exec(reason ?? '')?.[1];
  const nearest = typed === undefined ? undefined : nearestName(typed, [...Object.keys(options), 'help']);
  return nearest === undefined ? '' : `; did you mean --${nearest}?`;
}

function wrongUsage(command: Command, problem: string, cause?: unknown): CommandError {
  return new CommandError(EXIT_USAGE, `${problem}; usage: ${usageOf(command)}`, cause);
}
