import { AppError, EXIT_CONFIG } from '@causeway/core';
import { describeError } from '../logging/describe-error.ts';

/** What of the process is used; tests give their own. */
export interface MainProcess {
  readonly on: (event: 'uncaughtException', listener: (error: unknown) => void) => unknown;
  readonly exit: (code: number) => void;
  readonly stderr: { readonly write: (text: string) => unknown };
}

/**
 * Runs a program. Wrong settings end it with 78 and say which; anything unforeseen ends it with 1. Node's own report would
 * print messages and properties of the exception, which may hold secrets.
 */
export async function runMain(main: () => Promise<void>, host: MainProcess = process): Promise<void> {
  const fail = (error: unknown) => {
    const isConfig = error instanceof AppError && error.code === 'config_invalid';
    host.stderr.write(isConfig ? `${error.message}\n` : `${JSON.stringify({ fatal: describeError(error) })}\n`);
    host.exit(isConfig ? EXIT_CONFIG : 1);
  };
  host.on('uncaughtException', fail);
  try {
    await main();
  } catch (error) {
    fail(error);
  }
}
