/** A command that cannot go on, in one line for the person at the terminal. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** The answer is no, or it did not work. */
export const EXIT_NO = 1;

/** The command line is wrong. */
export const EXIT_USAGE = 2;

/** The user wanted out: 128 and the number of SIGINT, as shells have it. */
export const EXIT_INTERRUPTED = 130;
