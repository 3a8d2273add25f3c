import type { ServerResponse } from 'node:http';
import { type AppError, toAppError } from '@causeway/core';
import { requestContext } from '@causeway/runtime';
import { type Attempt, beginAttempt } from '../attempt/attempt.ts';
import type { Browser } from './browser.ts';

type Kind = 'sign_in' | 'sign_out' | 'consent' | 'revocation';

/**
 * Judges what the trail must know of, and records how that ended. What is given (a session, a yes) is given after it: nothing
 * without its record. What is taken away is taken away in `work`, so that a full journal cannot prevent it.
 */
export async function attempted<T>(
  { record, limits, now }: Pick<Browser, 'record' | 'limits' | 'now'>,
  { response, kind }: { readonly response: ServerResponse; readonly kind: Kind },
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const { requestId, clientAddress } = requestContext(response);
  const attempt = beginAttempt(kind, { requestId, clientAddress, startedAt: now() });
  try {
    await limits.count('address', clientAddress ?? 'unknown');
    const result = await work(attempt);
    await record(attempt, undefined);
    return result;
  } catch (thrown) {
    const error: AppError = toAppError(thrown);
    if (error.code !== 'audit_unavailable') await record(attempt, error);
    throw error;
  }
}
