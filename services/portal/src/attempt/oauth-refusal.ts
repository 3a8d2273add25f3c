import { AppError, type ErrorCode } from '@causeway/core';

interface WireError {
  readonly status: 400 | 401 | 403;
  /** How it counts in the log and the audit trail. */
  readonly code: ErrorCode;
  readonly description: string;
}

/** RFC 6749 §5.2, RFC 7591 §3.2.2, RFC 8707 §2: what goes over the wire. One description for each, whatever the reason. */
const WIRE = {
  invalid_request: { status: 400, code: 'invalid_request', description: 'The request is not valid.' },
  invalid_client: { status: 401, code: 'invalid_token', description: 'The client could not be authenticated.' },
  invalid_grant: { status: 400, code: 'access_denied', description: 'The grant is not valid.' },
  unauthorized_client: { status: 400, code: 'access_denied', description: 'The client may not use this grant.' },
  unsupported_grant_type: { status: 400, code: 'invalid_request', description: 'The grant type is not supported.' },
  invalid_scope: { status: 400, code: 'insufficient_scope', description: 'The scope may not be had.' },
  invalid_target: { status: 400, code: 'invalid_request', description: 'The resource or audience is not served here.' },
  invalid_redirect_uri: { status: 400, code: 'invalid_request', description: 'A redirect URI is not allowed.' },
  invalid_client_metadata: { status: 400, code: 'invalid_request', description: 'The client metadata is not valid.' },
} as const satisfies Record<string, WireError>;

export type OAuthError = keyof typeof WIRE;

export interface OAuthRefusalOptions {
  readonly cause?: unknown;
  /** Somebody was turned away, rather than misunderstood. */
  readonly denied?: boolean;
}

/** A "no" of the OAuth endpoints in three fields: the wire code, its public description, and the reason, which stays inside. */
export class OAuthRefusal extends AppError {
  readonly error: OAuthError;
  readonly status: number;
  readonly denied: boolean;

  constructor(error: OAuthError, reason: string, { denied = false, ...options }: OAuthRefusalOptions = {}) {
    const { status, code, description } = WIRE[error];
    super(code, reason, { ...options, safeDetail: description });
    this.error = error;
    this.status = status;
    this.denied = denied;
  }
}

export const isOAuthError = (value: unknown): value is OAuthError =>
  typeof value === 'string' && Object.hasOwn(WIRE, value);

/** RFC 8693 §2.2.2: a subject or actor token that is not accepted, for whatever reason, is an invalid request. */
export const refuseToken = (reason: string): OAuthRefusal =>
  new OAuthRefusal('invalid_request', reason, { denied: true });
