import type { AppError } from '@causeway/core';
import { HttpRefusal } from '@causeway/runtime';
import { OAuthRefusal } from './oauth-refusal.ts';

export interface OAuthAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** RFC 6749 §5.1: nothing that holds a token is cached. */
const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' };

/** Whoever is told to come back is told when. */
const RETRY_AFTER_MS = 5000;

export function successAnswer(body: OAuthAnswer['body']): OAuthAnswer {
  return { status: 200, headers: NO_STORE, body };
}

/** The one place where a failure becomes the JSON of RFC 6749 §5.2. */
export function failureAnswer(error: AppError, requestId: string): OAuthAnswer {
  const status = statusOf(error);
  const retryAfterMs = error.retryAfterMs ?? (error.shape.retryable ? RETRY_AFTER_MS : undefined);
  return {
    status,
    headers: {
      ...NO_STORE,
      ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
      // RFC 6749 §5.2, RFC 9110 §15.5.2: a 401 names a way to authenticate.
      ...(status === 401 && { 'www-authenticate': 'Basic realm="oauth"' }),
      // The rest of a body that is too large is not waited for.
      ...(status === 413 && { connection: 'close' }),
    },
    body: { error: wireCode(error), error_description: error.publicMessage, request_id: requestId },
  };
}

function statusOf(error: AppError): number {
  if (error instanceof OAuthRefusal || error instanceof HttpRefusal) return error.status;
  return error.shape.http ?? 500;
}

const wireCode = (error: AppError): string =>
  error instanceof OAuthRefusal ? error.error : (error.shape.oauth ?? 'invalid_request');
