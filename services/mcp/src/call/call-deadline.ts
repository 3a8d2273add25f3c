import { AppError, CallerGone } from '@causeway/core';
import type { Tool } from './define-tool.ts';

/** The time that a call has, and the client's patience, as one signal. Disposing it leaves nothing behind. */
export class CallDeadline implements Disposable {
  readonly #stop = new AbortController();
  readonly #client: AbortSignal;
  readonly #timer: NodeJS.Timeout;

  constructor({ name, deadlineMs }: Pick<Tool, 'name' | 'deadlineMs'>, client: AbortSignal) {
    this.#client = client;
    this.#timer = setTimeout(
      () => this.#stop.abort(new AppError('upstream_timeout', `${name}: no answer within ${deadlineMs} ms`)),
      deadlineMs,
    );
    client.addEventListener('abort', this.#leave, { once: true });
    if (client.aborted) this.#leave();
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** The promise's outcome, unless time is up first: nobody waits for what ignores the signal. */
  race<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this.#stop;
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason as AppError);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
      promise.then(resolve, reject);
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#client.removeEventListener('abort', this.#leave);
  }

  readonly #leave = () => this.#stop.abort(new CallerGone());
}
