import { AppError, EXIT_CONFIG } from '@causeway/core';
import { describeError } from '../logging/describe-error.ts';
import { type Ways, WAYS } from './end-process.ts';

/** What of the process is used; tests give their own. */
export interface MainProcess extends Ways {
  readonly on: (event: 'uncaughtException', listener: (error: unknown) => void) => unknown;
  readonly stderr: { readonly write: (text: string) => unknown };
}

/**
 * Runs a program. Wrong settings end it with 78 and say which; anything unforeseen ends it with 1. Node's own report would
 * print messages and properties of the exception, which may hold secrets.
 */
export async function runMain(main: () => Promise<void>, host: MainProcess = THIS_PROCESS): Promise<void> {
  const report = (error: unknown): number => {
    const isConfig = error instanceof AppError && error.code === 'config_invalid';
    host.stderr.write(isConfig ? `${error.message}\n` : `${JSON.stringify({ fatal: describeError(error) })}\n`);
    return isConfig ? EXIT_CONFIG : 1;
  };
  // On the spot: nothing goes on in a process whose state nobody knows.
  host.on('uncaughtException', (error) => host.exit(report(error)));
  try {
    await main();
  } catch (error) {
    host.end(report(error));
  }
}

const THIS_PROCESS: MainProcess = {
  ...WAYS,
  on: (event, listener) => process.on(event, listener),
  stderr: process.stderr,
};
