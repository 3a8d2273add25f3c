import { AppError, type ErrorCode } from '@causeway/core';
import { deniedByUnityCatalog } from '../http/unity-catalog-denial.ts';
import type { StatementAnswer } from './statement-answer.ts';

/**
 * A statement that failed, which HTTP calls a success. Its text is for the log: the engine's words where they are about rights, and else only the name of
 * the error, because the words quote values.
 */
export function failedStatement(name: string, { state, error, sql_state }: StatementAnswer['status']): AppError {
  const [errorCode, message] = [error?.error_code ?? '', error?.message ?? ''];
  const sqlState = sql_state ?? firstOf(/SQLSTATE: ([0-9A-Z]{5})/, message);
  const condition = firstOf(/^\[([A-Z0-9_.]{1,100})\]/, message) || errorCode;
  const where = `statement ${name}: ${[state, condition, sqlState].filter(Boolean).join(' ')}`;
  if (isDenied(sqlState, message)) return new AppError('access_denied', `${where}: ${message.slice(0, 1000)}`);
  return new AppError(codeOf({ state, errorCode, condition, sqlState }), where);
}

const firstOf = (pattern: RegExp, text: string) => pattern.exec(text)?.[1] ?? '';

const isDenied = (sqlState: string, message: string) =>
  sqlState === '42501' || deniedByUnityCatalog(message) || /invalid scope, required scopes/i.test(message);

/** A bound JSON text that `from_json` cannot read by its type: sent again, it will be no better. */
const isUnreadable = (condition: string) =>
  /^(?:MALFORMED_RECORD_IN_PARSING|CANNOT_PARSE_JSON_FIELD)\b/.test(condition);

interface Failure {
  readonly state: string;
  readonly errorCode: string;
  readonly condition: string;
  readonly sqlState: string;
}

function codeOf({ state, errorCode, condition, sqlState }: Failure): ErrorCode {
  if (state === 'CANCELED' || state === 'CLOSED') return 'upstream_timeout';
  const named = BY_NAME[errorCode];
  if (named !== undefined) return named;
  // Values from outside that do not fit the type of a column, or are out of its range.
  if (/^22(?:000|003|007|008|018|P02)$/.test(sqlState) || isUnreadable(condition)) return 'invalid_request';
  return 'internal';
}

const BY_NAME: Readonly<Record<string, ErrorCode | undefined>> = {
  TEMPORARILY_UNAVAILABLE: 'upstream_unavailable',
  WORKSPACE_TEMPORARILY_UNAVAILABLE: 'upstream_unavailable',
  SERVICE_UNDER_MAINTENANCE: 'upstream_unavailable',
  RESOURCE_EXHAUSTED: 'upstream_unavailable',
  INTERNAL_ERROR: 'upstream_unavailable',
  IO_ERROR: 'upstream_unavailable',
  ABORTED: 'upstream_unavailable',
  DEADLINE_EXCEEDED: 'upstream_timeout',
  CANCELLED: 'upstream_timeout',
  UNAUTHENTICATED: 'exchange_denied',
};
