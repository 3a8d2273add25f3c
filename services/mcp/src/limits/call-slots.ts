import { AppError } from '@causeway/core';

export interface SlotOptions {
  /** Calls of one caller at the same time. */
  readonly max: number;
  readonly signal: AbortSignal;
}

interface Place {
  running: number;
  readonly waiting: Set<() => void>;
}

const WAIT_MS = 5000;
const RETRY_MS = 1000;

/**
 * A caller's calls at the same time, in this process: as many as the policy says run, as many again wait in line for up to
 * five seconds, and the rest is refused at once.
 */
export class CallSlots {
  readonly #places = new Map<string, Place>();

  /** Callers that have a call under way. */
  get size(): number {
    return this.#places.size;
  }

  /** Calls that run, and calls that wait for a place. */
  get load(): { readonly running: number; readonly waiting: number } {
    let [running, waiting] = [0, 0];
    for (const place of this.#places.values()) {
      running += place.running;
      waiting += place.waiting.size;
    }
    return { running, waiting };
  }

  async enter(key: string, { max, signal }: SlotOptions): Promise<Disposable> {
    const place = this.#places.get(key) ?? { running: 0, waiting: new Set() };
    if (place.running >= max) {
      if (place.waiting.size >= max) throw refusal(`${max} calls run and as many wait`);
      // Who comes back from here was handed the place of a call that ended.
      await this.#wait(place, signal);
    } else {
      this.#places.set(key, place);
      place.running += 1;
    }
    return { [Symbol.dispose]: () => this.#leave(key, place) };
  }

  async #wait({ waiting }: Place, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Out of the line at once: a place must not be handed to somebody who has left.
    const giveUp = (reason: AppError) => {
      waiting.delete(resolve);
      reject(reason);
    };
    const onAbort = () => giveUp(signal.reason as AppError);
    const timer = setTimeout(() => giveUp(refusal(`no place within ${WAIT_MS} ms`)), WAIT_MS);
    signal.addEventListener('abort', onAbort, { once: true });
    waiting.add(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  #leave(key: string, place: Place): void {
    const [next] = place.waiting;
    if (next !== undefined) {
      place.waiting.delete(next);
      next();
      return;
    }
    place.running -= 1;
    if (place.running === 0) this.#places.delete(key);
  }
}

const refusal = (why: string) =>
  new AppError('rate_limited', `too many calls at once: ${why}`, { retryAfterMs: RETRY_MS });
