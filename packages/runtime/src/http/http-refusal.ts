import { AppError } from '@causeway/core';

const TEXTS = {
  400: 'The request is not valid.',
  405: 'This method is not offered here.',
  406: 'The answer is not offered in an accepted form.',
  413: 'The request is too large.',
  415: 'This content type is not accepted.',
  421: 'This host is not served here.',
  431: 'The request has too many header fields.',
} as const;

export type RefusalStatus = keyof typeof TEXTS;

/** An `invalid_request` that HTTP has its own status for. */
export class HttpRefusal extends AppError {
  readonly status: RefusalStatus;

  constructor(status: RefusalStatus, internalMessage: string, options: { readonly cause?: unknown } = {}) {
    super('invalid_request', internalMessage, { ...options, safeDetail: TEXTS[status] });
    this.status = status;
  }
}

/** Errors of Express and its body parsers carry a status; those that are the caller's mistake keep it. */
export function refusalOf(thrown: unknown): HttpRefusal | undefined {
  if (thrown instanceof HttpRefusal) return thrown;
  if (!(thrown instanceof Error)) return undefined;
  const { status } = thrown as { status?: unknown };
  if (status !== 400 && status !== 413 && status !== 415) return undefined;
  return new HttpRefusal(status, `refused by the HTTP layer: ${thrown.name}`, { cause: thrown });
}
