import type { ServerResponse } from 'node:http';
import { toAppError } from '@causeway/core';
import { requestContext } from '@causeway/runtime';
import { type Attempt, beginAttempt } from '../attempt/attempt.ts';
import type { Browser } from './browser.ts';

type Kind = 'sign_in' | 'sign_out' | 'consent' | 'revocation';

/**
 * Judges what the trail must know of, and records how that ended. `work` answers with the step that gives something (a session,
 * a yes): it comes after the record, so nothing is given without one. What is taken away is taken away in `work`, so that a full
 * journal cannot prevent it.
 */
export async function attempted<T>(
  { record, limits, now }: Pick<Browser, 'record' | 'limits' | 'now'>,
  { response, kind }: { readonly response: ServerResponse; readonly kind: Kind },
  work: (attempt: Attempt) => Promise<() => Promise<T>>,
): Promise<T> {
  const { requestId, clientAddress } = requestContext(response);
  const attempt = beginAttempt(kind, { requestId, clientAddress, startedAt: now() });
  const give = await recorded(record, attempt, async () => {
    await limits.count('address', clientAddress ?? 'unknown');
    return work(attempt);
  });
  try {
    return await give();
  } catch (thrown) {
    const error = toAppError(thrown);
    // The trail has it as given: a second record of the same request says that it was not. The log has it in any case.
    await record(attempt, error).catch(() => undefined);
    throw error;
  }
}

/** For attempts that give nothing. */
export const nothing = async (): Promise<undefined> => undefined;

async function recorded<T>(record: Browser['record'], attempt: Attempt, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    await record(attempt, undefined);
    return result;
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code !== 'audit_unavailable') await record(attempt, error);
    throw error;
  }
}
