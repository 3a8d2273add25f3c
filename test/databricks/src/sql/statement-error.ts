import pg from 'pg';
import { NotAQuery } from './engine.ts';

/** Refused before the engine is asked. */
export class DeniedStatement extends Error {}

export class UnboundMarker extends Error {}

export interface StatementError {
  readonly error: { readonly error_code: string; readonly message: string };
  readonly sql_state?: string;
}

/** The engine's refusals as the API tells them: a class in brackets, the text, and the SQLSTATE, over HTTP 200. */
export function statementError(thrown: unknown): StatementError {
  if (thrown instanceof NotAQuery) return failed('PARSE_SYNTAX_ERROR', `Syntax error: ${thrown.message}.`, '42601');
  if (thrown instanceof DeniedStatement) return failed('INSUFFICIENT_PERMISSIONS', thrown.message, '42501');
  if (thrown instanceof UnboundMarker) {
    return failed('UNBOUND_SQL_PARAMETER', `Found the unbound parameter: ${thrown.message}.`, '42P02');
  }
  if (!(thrown instanceof pg.DatabaseError)) {
    return { error: { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'The warehouse cannot be reached.' } };
  }
  const state = thrown.code ?? '';
  if (/^(08|28|3D|53|57P|58|40|55|XX)/.test(state)) {
    return { error: { error_code: 'TEMPORARILY_UNAVAILABLE', message: thrown.message } };
  }
  const [name, its] = CLASSES[state] ?? ['ENGINE_ERROR', state];
  return failed(name, state === '42501' || state === '25006' ? denial(thrown.message) : thrown.message, its);
}

function failed(name: string, message: string, state: string): StatementError {
  return {
    error: { error_code: 'BAD_REQUEST', message: `[${name}] ${message} SQLSTATE: ${state}` },
    sql_state: state,
  };
}

/** By the engine's SQLSTATE: Databricks' error class and its SQLSTATE. */
const CLASSES: Readonly<Record<string, readonly [name: string, state: string]>> = {
  '42501': ['INSUFFICIENT_PERMISSIONS', '42501'],
  // Whoever may not write is told so before the transaction is looked at.
  '25006': ['INSUFFICIENT_PERMISSIONS', '42501'],
  '42601': ['PARSE_SYNTAX_ERROR', '42601'],
  '42703': ['UNRESOLVED_COLUMN.WITHOUT_SUGGESTION', '42703'],
  '42883': ['UNRESOLVED_ROUTINE', '42883'],
  '42P01': ['TABLE_OR_VIEW_NOT_FOUND', '42P01'],
  '42P02': ['UNBOUND_SQL_PARAMETER', '42P02'],
  '3F000': ['SCHEMA_NOT_FOUND', '42704'],
  '22012': ['DIVIDE_BY_ZERO', '22012'],
  '22003': ['ARITHMETIC_OVERFLOW', '22003'],
  '22007': ['CAST_INVALID_INPUT', '22018'],
  '22008': ['DATETIME_OVERFLOW', '22008'],
  '22P02': ['CAST_INVALID_INPUT', '22018'],
  '22021': ['MALFORMED_CHARACTER_CODING', '22000'],
};

function denial(message: string): string {
  const [, kind = 'object', name = ''] = /for (\w+) (.+)$/.exec(message) ?? [];
  const privilege = DENIED[kind] ?? ['SELECT', 'Table'];
  return `Insufficient privileges:\nUser does not have ${privilege[0]} on ${privilege[1]} '${name}'.`;
}

const DENIED: Readonly<Record<string, readonly [privilege: string, kind: string]>> = {
  schema: ['USE SCHEMA', 'Schema'],
  function: ['EXECUTE', 'Function'],
  server: ['USE CONNECTION', 'Connection'],
};
