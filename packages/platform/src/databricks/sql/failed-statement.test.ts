import { expect, test } from 'vitest';
import { failedStatement } from './failed-statement.ts';

const failed = (message: string, more: { error_code?: string; sql_state?: string; state?: string } = {}) => {
  const { error_code = 'BAD_REQUEST', sql_state, state = 'FAILED' } = more;
  return failedStatement('x', { state, sql_state, error: { error_code, message } });
};

const DENIED = `[INSUFFICIENT_PERMISSIONS] Insufficient privileges:\nUser does not have SELECT on Table 'c.s.t' SQLSTATE: 42501`;

test.each([
  ['a denial by its words', DENIED, {}, 'access_denied'],
  ['a denial by its state', 'no', { sql_state: '42501' }, 'access_denied'],
  ['a denial that is told plainly', "User does not have USE SCHEMA on Schema 'c.s'.", {}, 'access_denied'],
  ['a token without the scope', 'Invalid scope, required scopes: sql', {}, 'access_denied'],
  ['a value that does not fit', "[CAST_INVALID_INPUT] 'x' SQLSTATE: 22018", {}, 'invalid_request'],
  ['a number out of range', 'x', { sql_state: '22003' }, 'invalid_request'],
  [
    'JSON that does not fit its type',
    '[MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION] x SQLSTATE: 22023',
    {},
    'invalid_request',
  ],
  ['a field of JSON that does not fit its type', '[CANNOT_PARSE_JSON_FIELD] x', {}, 'invalid_request'],
  ['a division by zero', '[DIVIDE_BY_ZERO] x SQLSTATE: 22012', {}, 'internal'],
  ['a table that is not there', '[TABLE_OR_VIEW_NOT_FOUND] x SQLSTATE: 42P01', {}, 'internal'],
  ['a warehouse that is away', 'x', { error_code: 'TEMPORARILY_UNAVAILABLE' }, 'upstream_unavailable'],
  ['a warehouse that is full', 'x', { error_code: 'RESOURCE_EXHAUSTED' }, 'upstream_unavailable'],
  ['one that took too long', 'x', { error_code: 'DEADLINE_EXCEEDED' }, 'upstream_timeout'],
  ['one that somebody cancelled', '', { state: 'CANCELED' }, 'upstream_timeout'],
  ['one that was closed', '', { state: 'CLOSED' }, 'upstream_timeout'],
])('%s', (_, message, more, code) => {
  expect(failed(message, more).code).toBe(code);
});

test('the reason of a denial is kept, and values are not', () => {
  expect(failed(DENIED).message).toContain("SELECT on Table 'c.s.t'");
  const bad = failed("[CAST_INVALID_INPUT] The value 'hunter2' cannot be cast. SQLSTATE: 22018");
  expect(bad.message).toBe('statement x: FAILED CAST_INVALID_INPUT 22018');
});

test('a failure without a word is a failure', () => {
  expect(failedStatement('x', { state: 'FAILED' }).code).toBe('internal');
});
