import { AppError, type ErrorCode } from '@causeway/core';
import pg from 'pg';
import { FailedStep } from './governed-unit.ts';

export interface FailedUnit {
  readonly statement: string;
  readonly role: string;
}

/**
 * What the engine or the driver threw, as an error of the table. Its text is for the log: it names codes and objects, never values,
 * because Postgres quotes what callers sent in the messages of its data errors.
 */
export function mapPostgresError(thrown: unknown, unit: FailedUnit): AppError {
  const step = thrown instanceof FailedStep ? thrown.step : 'connect';
  const cause = thrown instanceof FailedStep ? thrown.cause : thrown;
  if (cause instanceof pg.DatabaseError) return mapSqlState(cause, step, unit);
  const message = thrown instanceof Error ? thrown.message : 'unknown failure';
  const where = `Postgres in step ${step} of statement ${unit.statement} as ${unit.role}: ${message}`;
  // A cause without an SQLSTATE: the socket or the protocol broke, or no connection was to be had.
  return new AppError(cause === undefined ? 'internal' : 'upstream_unavailable', where);
}

function mapSqlState(error: pg.DatabaseError, step: string, { statement, role }: FailedUnit): AppError {
  const state = error.code ?? 'no SQLSTATE';
  const where = `Postgres ${state} in step ${step} of statement ${statement} as ${role}`;
  if (step === 'setup' && ROLE_REFUSALS.has(state))
    return new AppError('exchange_denied', `${where}: ${error.message}`);
  const code = codeOf(state);
  return new AppError(code, quotesNoValues(state) ? `${where}: ${error.message}` : where);
}

/** The role does not exist (22023, 42704), or the login may not take it (42501). */
const ROLE_REFUSALS = new Set(['22023', '42704', '42501']);

/** Data errors that a value from outside can cause: malformed or out of range for the column's type, or not text. */
const BAD_VALUES = new Set(['22003', '22007', '22008', '22021', '22P02', '22P05']);

function codeOf(state: string): ErrorCode {
  if (state === '42501') return 'access_denied';
  if (state === '57014') return 'upstream_timeout';
  if (BAD_VALUES.has(state)) return 'invalid_request';
  // Connection, authorization, missing database, resources, shutdown, conflicts with others, faults of the server.
  if (/^(08|28|3D|53|57P|58|40|55|XX)/.test(state)) return 'upstream_unavailable';
  return 'internal';
}

/** Syntax, names and rights: these messages are about our own text. */
const quotesNoValues = (state: string) => /^(42|08|28|3D|53|57|25)/.test(state);
