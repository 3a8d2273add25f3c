import { AppError } from '@causeway/core';

/** Gives up waiting after `ms`. The work itself may go on: what the queue does twice it does once. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new AppError('upstream_timeout', `audit queue: nothing within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // When it loses, its failure is nobody's any more.
    work.catch(() => undefined);
  }
}
