import type { AppError } from '@causeway/core';

export const METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH'] as const;

/** Which pool carries the call: `long` is for the supervisor and Genie, so that slow answers do not hold up the rest. */
export type Purpose = 'standard' | 'long';

export interface OutboundCall {
  readonly url: string | URL;
  readonly method?: (typeof METHODS)[number];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly purpose?: Purpose;
  readonly signal?: AbortSignal | undefined;
  /** For the whole call, retries and redirects included. Default and upper limit: the pool's. */
  readonly deadlineMs?: number;
  readonly headersTimeoutMs?: number;
  /** The longest silence between two pieces of the body. */
  readonly bodyTimeoutMs?: number;
  /** POST and PATCH are sent once, unless the call says that repeating is harmless. */
  readonly repeatable?: boolean;
  /** `final`: a 429 means a used-up quota. It is not retried, and is `rate_limited` for the caller. */
  readonly tooManyRequests?: 'retry' | 'final';
  /** What a 429 or 5xx of this system means, where its body says more than its status does. Undefined: what it always means. */
  readonly readFailure?: (answer: OutboundResponse, retryAfterMs: number | undefined) => ReadFailure | undefined;
  /** Redirects of GET and HEAD may stay on their origin. Any other redirect is refused. */
  readonly redirects?: 'refuse' | 'same-origin';
  readonly bodyMaxBytes?: number;
  readonly overflow?: 'error' | 'truncate';
}

export interface ReadFailure {
  /** For the caller, if this attempt stays the last one. */
  readonly error: AppError;
  /** Whether trying again may help. Whether it is safe is the call's business. */
  readonly repeat: boolean;
}

export interface OutboundResponse {
  /** Below 500 and not 429. A 4xx is an answer; what it means is the caller's business. */
  readonly status: number;
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly truncated: boolean;
}
