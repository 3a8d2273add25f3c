/** Two ways out of a process; tests give their own. */
export interface Ways {
  /** On the spot. */
  readonly exit: (code: number) => void;
  /** By leaving it nothing to do. */
  readonly end: (code: number) => void;
}

/**
 * Ends the process by leaving it nothing to do. `process.exit()` waits for V8's background threads, and one that waits for the main
 * thread to collect garbage waits for ever (nodejs/node#54918); so it is only for what still runs after a moment.
 */
export function endProcess(code: number): void {
  process.exitCode ||= code;
  setTimeout(() => process.exit(), 500).unref();
}

export const WAYS: Ways = { exit: (code) => process.exit(code), end: endProcess };
