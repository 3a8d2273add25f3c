import { AppError, type ErrorCode } from '@causeway/core';
import { deniedByUnityCatalog } from '../http/unity-catalog-denial.ts';
import type { GenieMessage } from './genie-message.ts';

const RATE = /^RATE_LIMIT_EXCEEDED_/;
const DENIED = new Set(['WAREHOUSE_ACCESS_MISSING_EXCEPTION', 'COULD_NOT_GET_UC_SCHEMA_EXCEPTION']);
/** Asking again may help. */
const RETRYABLE = new Set([
  'RETRYABLE_PROCESSING_EXCEPTION',
  'REPLY_PROCESS_TIMEOUT_EXCEPTION',
  'UNEXPECTED_REPLY_PROCESS_EXCEPTION',
  'CHAT_COMPLETION_CLIENT_EXCEPTION',
  'CHAT_COMPLETION_CLIENT_TIMEOUT_EXCEPTION',
  'CHAT_COMPLETION_NETWORK_EXCEPTION',
  'GENERIC_CHAT_COMPLETION_EXCEPTION',
  'GENERIC_CHAT_COMPLETION_SERVICE_EXCEPTION',
  'GENERIC_SQL_EXEC_API_CALL_EXCEPTION',
  'WAREHOUSE_NOT_FOUND_EXCEPTION',
  'BLOCK_MULTIPLE_EXECUTIONS_EXCEPTION',
  'MESSAGE_CANCELLED_WHILE_EXECUTING_EXCEPTION',
  'MESSAGE_UPDATED_WHILE_EXECUTING_EXCEPTION',
]);

/** What the person reads; each sentence is ours, because Genie's own may quote tables and values. */
const DETAILS: Readonly<Record<string, string>> = {
  CONTENT_FILTER_EXCEPTION: 'The question was stopped by the content filter.',
  CONTEXT_EXCEEDED_EXCEPTION: 'The conversation is too long. Start a new one.',
  UNSUPPORTED_CONVERSATION_TYPE_EXCEPTION: 'This conversation cannot be continued here. Start a new one.',
  NO_TABLES_TO_QUERY_EXCEPTION: 'There is no data here that you may ask about.',
  TABLES_MISSING_EXCEPTION: 'There is no data here that you may ask about.',
  GENERATED_SQL_QUERY_TOO_LONG_EXCEPTION: 'The question is too large for one query. Ask for less.',
};

/** The seconds that a limit of five questions a minute needs for one of them. */
export const GENIE_WAIT_MS = 12_000;

/** Why a message failed, as an error of the table. A type that nobody knows is final: asking again would only use up the questions. */
export function genieFailure({ error }: GenieMessage): AppError {
  const type = error?.type ?? 'no type';
  const text = error?.error ?? '';
  // The text may quote the statement and values of rows: only the type goes to the log.
  const message = `Genie failed: ${type.replaceAll(/[^\w.-]/g, '?').slice(0, 80)}`;
  if (RATE.test(type)) return new AppError('rate_limited', message, { retryAfterMs: waitOf(text) });
  const code = codeOf(type, text);
  const safeDetail = code === 'upstream_rejected' ? DETAILS[type] : undefined;
  return new AppError(code, message, safeDetail === undefined ? {} : { safeDetail });
}

function codeOf(type: string, text: string): ErrorCode {
  // Whoever may not read a table of the space gets a failed message whose text is the engine's refusal.
  if (DENIED.has(type) || deniedByUnityCatalog(text)) return 'access_denied';
  if (RETRYABLE.has(type)) return 'upstream_unavailable';
  return 'upstream_rejected';
}

/** RATE_LIMIT_EXCEEDED_SPECIFIED_WAIT_EXCEPTION names the seconds in its text, in a form that is nowhere written down. */
function waitOf(text: string): number {
  const seconds = Number(/(\d{1,4})\s*s(?:ec(?:ond)?s?)?\b/i.exec(text)?.[1]);
  return seconds > 0 ? seconds * 1000 : GENIE_WAIT_MS;
}
