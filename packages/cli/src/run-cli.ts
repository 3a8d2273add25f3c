import { AppError, EXIT_CONFIG } from '@causeway/core';

import type { Command, CommandContext } from './command.ts';
import { CommandError, EXIT_INTERRUPTED, EXIT_NO } from './command-error.ts';
import { helpOfCommand, helpOfCommands } from './help.ts';
import { parseCommandLine } from './parse-command-line.ts';

export interface CliWorld extends Omit<CommandContext, 'args'> {
  readonly version: string;
}

/** From the words that were typed to the exit code. An error is one line on stderr. */
export async function runCli(argv: readonly string[], commands: readonly Command[], world: CliWorld): Promise<number> {
  try {
    const line = parseCommandLine(argv, commands);
    switch (line.kind) {
      case 'version':
        world.stdout.write(`${world.version}\n`);
        return 0;
      case 'help':
        world.stdout.write(helpOfCommands(line.commands, line.group));
        return 0;
      case 'command help':
        world.stdout.write(helpOfCommand(line.command));
        return 0;
      case 'run':
        return (await line.command.run({ ...world, args: line.args })) ?? 0;
    }
  } catch (error) {
    return world.signal.aborted ? EXIT_INTERRUPTED : report(error, world);
  }
}

function report(error: unknown, { env, stderr }: CliWorld): number {
  const message = error instanceof Error ? error.message : 'something that is no error was thrown';
  stderr.write(`causeway: ${message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
  if (env['CAUSEWAY_DEBUG'] && error instanceof Error) stderr.write(`${describe(error)}\n`);
  if (error instanceof CommandError) return error.exitCode;
  return error instanceof AppError && error.code === 'config_invalid' ? EXIT_CONFIG : EXIT_NO;
}

function describe(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\ncaused by ${describe(error.cause)}` : stack;
}
