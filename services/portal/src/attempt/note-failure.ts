import type { ServerResponse } from 'node:http';
import type { AppError } from '@causeway/core';
import { type Outcome, outcomeOf, requestContext } from '@causeway/runtime';
import { OAuthRefusal } from './oauth-refusal.ts';

/** For the request's own line in the log. */
export function noteFailure(response: ServerResponse, error: AppError): void {
  Object.assign(requestContext(response), { error, outcome: outcomeOfFailure(error) });
}

/** How a failure counts, in the log and the audit trail alike. */
export const outcomeOfFailure = (error: AppError): Outcome =>
  error instanceof OAuthRefusal && error.denied ? 'access_denied' : outcomeOf(error.code);
