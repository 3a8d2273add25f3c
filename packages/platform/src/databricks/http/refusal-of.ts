import { AppError, type ErrorCode } from '@causeway/core';
import { deniedByUnityCatalog } from './unity-catalog-denial.ts';
import type { WorkspaceError } from './read-error.ts';

/** How long to wait where a throttle names no time: what Databricks' own clients do. */
const RETRY_AFTER_MS = 1000;

/**
 * A refusal of the workspace as an error of the table. Its text is for the log and the audit trail: the workspace's own words where they are about
 * rights, and else only its code, because the words may quote what somebody sent.
 */
export function refusalOf(what: string, status: number, error: WorkspaceError): AppError {
  const code = codeOf(status, error);
  const words = SPEAKING.has(code) ? `: ${error.message}` : '';
  const name = /^[\w.]{1,80}$/.test(error.code) ? ` ${error.code}` : '';
  const retryAfterMs = code === 'rate_limited' && !isQuota(error) ? (error.retryAfterMs ?? RETRY_AFTER_MS) : undefined;
  return new AppError(code, `${what}: answered ${status}${name}${words}`, {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** Whose words name principals, rights and objects. */
const SPEAKING: ReadonlySet<ErrorCode> = new Set(['access_denied', 'exchange_denied', 'rate_limited']);

/** A used-up quota: time changes nothing about it. */
export function isQuota({ code, message }: WorkspaceError): boolean {
  return code === 'RESOURCE_EXHAUSTED' && /\bexceeds? the (?:limit|quota|maximum)\b|\bquota\b/i.test(message);
}

function codeOf(status: number, error: WorkspaceError): ErrorCode {
  if (MISSING_SCOPE.test(error.message) || deniedByUnityCatalog(error.message)) return 'access_denied';
  const named = BY_NAME[error.code];
  if (named !== undefined) return named;
  if (status >= 500) return status === 504 ? 'upstream_timeout' : 'upstream_unavailable';
  return BY_STATUS[status] ?? 'upstream_rejected';
}

/** Both spellings that were seen, of the REST API and of SQL. */
const MISSING_SCOPE = /does not have required scopes|invalid scope, required scopes/i;

/** The name says more than the status where they differ. */
const BY_NAME: Readonly<Record<string, ErrorCode | undefined>> = {
  PERMISSION_DENIED: 'access_denied',
  RESOURCE_DOES_NOT_EXIST: 'not_found',
  UNAUTHENTICATED: 'exchange_denied',
  RESOURCE_EXHAUSTED: 'rate_limited',
  REQUEST_LIMIT_EXCEEDED: 'rate_limited',
  TEMPORARILY_UNAVAILABLE: 'upstream_unavailable',
  DEADLINE_EXCEEDED: 'upstream_timeout',
};

const BY_STATUS: Readonly<Record<number, ErrorCode | undefined>> = {
  401: 'exchange_denied',
  403: 'access_denied',
  404: 'not_found',
  408: 'upstream_timeout',
  429: 'rate_limited',
  499: 'upstream_timeout',
};
