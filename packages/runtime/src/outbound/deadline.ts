import { AppError } from '@causeway/core';

export interface DeadlineOptions {
  readonly name: string;
  readonly ms: number;
  readonly caller: AbortSignal | undefined;
}

/** The caller's own signal and a time limit as one signal. Disposing stops the timer, so a quick call leaves nothing behind. */
export class Deadline implements Disposable {
  readonly #stop = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor({ name, ms, caller }: DeadlineOptions) {
    this.#caller = caller;
    this.#timer = setTimeout(() => {
      this.#stop.abort(new AppError('upstream_timeout', `${name}: no complete answer within ${ms} ms`));
    }, ms);
    if (caller?.aborted === true) this.#followCaller();
    else caller?.addEventListener('abort', this.#followCaller, { once: true });
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#followCaller);
  }

  readonly #followCaller = () => this.#stop.abort(this.#caller?.reason);
}

/** The promise's own outcome, or the signal's reason if that comes first. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.finally(() => signal.removeEventListener('abort', abort)).then(resolve, reject);
  });
}
