import { ERRORS, type ErrorCode, type ErrorShape } from './errors.ts';

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** The only free text that goes out to the caller: set it where it is produced, from text that is known to be safe. */
  readonly safeDetail?: string;
  readonly retryAfterMs?: number;
}

/** A refusal or failure with a code of the error table. Its `message` is for the log and the audit trail, never for the caller. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly safeDetail: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, internalMessage: string, options: AppErrorOptions = {}) {
    super(internalMessage, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.safeDetail = options.safeDetail;
    this.retryAfterMs = options.retryAfterMs;
  }

  get shape(): ErrorShape {
    return ERRORS[this.code];
  }

  /** What the caller reads. */
  get publicMessage(): string {
    return this.safeDetail ?? this.shape.publicMessage;
  }
}

/** Nobody waits for the answer any more. It says nothing about the system that was asked. */
export class CallerGone extends AppError {
  constructor() {
    super('upstream_timeout', 'the client went away');
  }
}

/**
 * Anything that was thrown, as an error of the table: what nobody foresaw is `internal`. Its text is in no message, because an
 * exception may quote rows, arguments or secrets.
 */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const kind = thrown instanceof Error ? thrown.name : typeof thrown;
  return new AppError('internal', `unforeseen: ${kind}`, { cause: thrown });
}
