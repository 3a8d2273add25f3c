import type { Caller, ErrorCode } from '@causeway/core';

/** What happened: the kinds of the contract. */
export const AUDIT_KINDS = [
  'tool_call',
  'request_refused',
  'refused_summary',
  'token_exchange',
  'token_refresh',
  'agent_token',
  'sign_in',
  'sign_out',
  'consent',
  'client_registered',
  'revocation',
  'policy_change',
  'key_rotation',
] as const;

export type AuditKind = (typeof AUDIT_KINDS)[number];

/** How it ended: a success says nothing more, everything else says which rule or failure, for the reader of the trail. */
export type AuditOutcome =
  | { readonly status: 'success' }
  | {
      readonly status: 'error' | 'access_denied' | 'rate_limited';
      readonly errorCode: ErrorCode;
      /** Precise and internal: it never goes to the caller. */
      readonly reason: string;
    };

/** One attempt, as the code that saw it tells it. The journal adds who wrote it down, and when. */
export interface AuditEvent {
  readonly kind: AuditKind;
  readonly requestId: string;
  /** Who proved themselves. `undefined` when nobody did. */
  readonly caller: Caller | undefined;
  readonly outcome: AuditOutcome;
  readonly clientId?: string | undefined;
  readonly tool?: string | undefined;
  /** Only what the tool names as recordable. */
  readonly arguments?: Readonly<Record<string, unknown>> | undefined;
  readonly statement?: string | undefined;
  readonly rowsReturned?: number | undefined;
  readonly maskedColumns?: readonly string[] | undefined;
  readonly latencyMs?: number | undefined;
  readonly policyDigest?: string | undefined;
}
