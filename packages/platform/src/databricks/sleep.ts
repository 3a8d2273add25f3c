import { setTimeout as wait } from 'node:timers/promises';

/** A pause that ends early, with the signal's reason, when nobody waits any more. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<unknown>;

export async function sleepUnlessAborted(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, signal === undefined ? {} : { signal });
  } finally {
    // Node's timer throws an AbortError of its own; what counts is why.
    signal?.throwIfAborted();
  }
}
