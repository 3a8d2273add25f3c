import type { ServerResponse } from 'node:http';
import { toAppError } from '@causeway/core';
import { requestContext } from '@causeway/runtime';
import type { TokenLimits } from '../limits/token-limits.ts';
import { beginAttempt } from './attempt.ts';
import type { RecordAttempt } from './record-attempt.ts';

export interface CountAddressDeps {
  readonly limits: TokenLimits;
  readonly record: RecordAttempt;
  readonly now: () => number;
}

/** Counts what is no attempt yet, such as the way to a provider. Too many of one address are an attempt. */
export async function countAddress({ limits, record, now }: CountAddressDeps, response: ServerResponse): Promise<void> {
  const { requestId, clientAddress } = requestContext(response);
  try {
    await limits.count('address', clientAddress ?? 'unknown');
  } catch (thrown) {
    const error = toAppError(thrown);
    await record(beginAttempt('request_refused', { requestId, clientAddress, startedAt: now() }), error);
    throw error;
  }
}
