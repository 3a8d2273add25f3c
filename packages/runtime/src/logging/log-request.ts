import type { AppError, Caller, ErrorCode } from '@causeway/core';
import type { Logger } from './create-logger.ts';

export type Outcome = 'success' | 'error' | 'access_denied' | 'rate_limited';

export interface RequestLine {
  readonly requestId: string;
  readonly traceId: string | undefined;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly clientAddress: string | undefined;
  readonly caller: Caller | undefined;
  readonly tool: string | undefined;
  readonly outcome: Outcome;
  readonly error: AppError | undefined;
  readonly durationMs: number;
  /** The caller went away before the answer was complete. */
  readonly aborted: boolean;
}

/** The one line of a request. A fault of ours is an error with its stack; a refusal is not, but its reason is told. */
export function logRequest(logger: Logger, line: RequestLine): void {
  const isFault = line.error?.code === 'internal';
  logger[isFault ? 'error' : 'info']('request', {
    request_id: line.requestId,
    trace_id: line.traceId,
    method: line.method,
    route: line.route,
    status: line.status,
    client_address: line.clientAddress,
    caller: line.caller && callerFields(line.caller),
    tool: line.tool,
    outcome: line.outcome,
    error_code: line.error?.code,
    reason: line.error?.message,
    // The reason is told above; the stack that matters is that of the cause.
    error: isFault ? (line.error?.cause ?? line.error) : undefined,
    duration_ms: Math.round(line.durationMs * 1000) / 1000,
    aborted: line.aborted || undefined,
  });
}

function callerFields({ pattern, human, agent, principal }: Caller) {
  return {
    pattern,
    human: human && { idp: human.idp, subject: human.subject, email: human.email },
    agent: agent?.id,
    principal: { id: principal.id, role: principal.role },
  };
}

const OUTCOMES: Partial<Record<ErrorCode, Outcome>> = {
  invalid_token: 'access_denied',
  insufficient_scope: 'access_denied',
  access_denied: 'access_denied',
  exchange_denied: 'access_denied',
  rate_limited: 'rate_limited',
};

/** How an error counts, in the log, the metrics and the audit trail alike. */
export const outcomeOf = (code: ErrorCode): Outcome => OUTCOMES[code] ?? 'error';
