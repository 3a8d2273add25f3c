import { AppError } from '@causeway/core';
import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleType, type CircuitBreakerPolicy } from 'cockatiel';
import { FailedAttempt } from './failed-attempt.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerSettings {
  /** Failures in a row that open it. Infinity for a dependency whose hosts strangers choose: one must not shut out another. */
  readonly failures?: number;
  readonly halfOpenAfterMs?: number;
}

/**
 * Opens after connection errors, 5xx answers and timeouts in a row. A 4xx, a refusal of our own and a caller who gives up
 * are no failures. After a while one probe goes through, and only an answer to it closes the breaker.
 */
export class Breaker {
  readonly #name: string;
  readonly #policy: CircuitBreakerPolicy;

  constructor(name: string, { failures = 5, halfOpenAfterMs = 10_000 }: BreakerSettings = {}) {
    this.#name = name;
    this.#policy = circuitBreaker(handleType(Counted), {
      breaker: new ConsecutiveBreaker(failures),
      halfOpenAfter: halfOpenAfterMs,
    });
  }

  get state(): BreakerState {
    if (this.#policy.state === CircuitState.Closed) return 'closed';
    return this.#policy.state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  async run<T>(attempt: () => Promise<T>): Promise<T> {
    // While a probe is out, cockatiel lets other calls wait for it, past their own deadlines.
    if (this.state === 'half-open') throw this.#refusal();
    let admitted = false;
    try {
      return await this.#policy.execute(() => {
        admitted = true;
        return this.#observe(attempt);
      });
    } catch (error) {
      if (!admitted) throw this.#refusal();
      throw error instanceof Counted ? error.cause : error;
    }
  }

  async #observe<T>(attempt: () => Promise<T>): Promise<T> {
    const isProbe = this.state === 'half-open';
    try {
      return await attempt();
    } catch (error) {
      const verdict = error instanceof FailedAttempt ? error.verdict : 'unknown';
      // cockatiel closes after any probe that did not count as a failure, also after one that its caller gave up.
      if (verdict === 'down' || (isProbe && verdict === 'unknown')) throw new Counted(error);
      throw error;
    }
  }

  #refusal(): AppError {
    return new AppError('upstream_unavailable', `${this.#name}: the breaker is ${this.state}`);
  }
}

class Counted extends Error {
  constructor(cause: unknown) {
    super('counted', { cause });
  }
}
