import { AppError } from '@causeway/core';
import type { Sleep } from '../sleep.ts';

export interface WaitDeps {
  readonly now: () => number;
  readonly sleep: Sleep;
}

export interface WaitOptions extends WaitDeps {
  readonly ms: number;
  readonly signal: AbortSignal | undefined;
}

/** What each call on the way may still take. */
export interface CallLimits {
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

const FIRST_MS = 2000;
const GROWTH = 1.25;
const LAST_MS = 5000;

/** The time of one question: looks every two seconds at first, every five in the end, and not at all behind the deadline. */
export class GenieWait {
  readonly #options: WaitOptions;
  readonly #endsAt: number;
  #intervalMs = FIRST_MS;
  #atLeastMs = 0;
  #lastError: unknown;

  constructor(options: WaitOptions) {
    this.#options = options;
    this.#endsAt = options.now() + options.ms;
  }

  get limits(): CallLimits {
    const { now, signal } = this.#options;
    const deadlineMs = this.#endsAt - now();
    if (deadlineMs <= 0) throw this.#late();
    return { deadlineMs, signal };
  }

  async next(): Promise<void> {
    const { now, sleep, signal } = this.#options;
    const ms = Math.max(this.#intervalMs, this.#atLeastMs);
    this.#intervalMs = Math.min(LAST_MS, this.#intervalMs * GROWTH);
    this.#atLeastMs = 0;
    const leftMs = this.#endsAt - now();
    // Not asleep until a moment that comes too late: whoever waits learns it at the deadline.
    if (leftMs > 0) await sleep(Math.min(ms, leftMs), signal);
    signal?.throwIfAborted();
    if (ms >= leftMs) throw this.#late();
  }

  /** Undefined when this look failed in a way that may pass: the question is counted, and to ask it again would count twice. */
  async look<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      const mayPass = error instanceof AppError && error.shape.retryable;
      if (this.#options.signal?.aborted === true || !mayPass) throw error;
      this.#lastError = error;
      this.#atLeastMs = error.retryAfterMs ?? 0;
      return undefined;
    }
  }

  #late(): AppError {
    return new AppError('upstream_timeout', `Genie gave no answer within ${this.#options.ms} ms`, {
      cause: this.#lastError,
    });
  }
}
