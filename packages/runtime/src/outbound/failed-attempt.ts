/** What an attempt shows about the dependency: it works, it does not, or it cannot be told. */
type Verdict = 'up' | 'down' | 'unknown';

export interface FailedAttemptOptions {
  /** What the caller gets if this attempt stays the last one. */
  readonly error: unknown;
  readonly verdict: Verdict;
  /** Whether trying again may help. Whether it is safe is the call's business. */
  readonly repeat: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** One attempt that gave no answer to return. It never leaves the outbound client. */
export class FailedAttempt extends Error {
  readonly error: unknown;
  readonly verdict: Verdict;
  readonly repeat: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(options: FailedAttemptOptions) {
    super('attempt failed');
    this.error = options.error;
    this.verdict = options.verdict;
    this.repeat = options.repeat;
    this.retryAfterMs = options.retryAfterMs;
  }
}
