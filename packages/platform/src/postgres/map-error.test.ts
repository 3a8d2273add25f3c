import pg from 'pg';
import { expect, test } from 'vitest';
import { FailedStep } from './governed-unit.ts';
import { mapPostgresError } from './map-error.ts';

const UNIT = { statement: 'deals', role: 'ana' };

function sqlError(code: string, message = 'said the engine'): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, 1, 'error'), { code });
}

test.each([
  ['setup', '22023', 'exchange_denied'],
  ['setup', '42704', 'exchange_denied'],
  ['setup', '42501', 'exchange_denied'],
  ['setup', '57014', 'upstream_timeout'],
  ['query', '42501', 'access_denied'],
  ['query', '57014', 'upstream_timeout'],
  ['query', '22P02', 'invalid_request'],
  ['query', '22021', 'invalid_request'],
  ['query', '22003', 'invalid_request'],
  ['query', '22012', 'internal'],
  ['query', '25006', 'internal'],
  ['query', '42601', 'internal'],
  ['query', '42P01', 'internal'],
  ['query', '57P01', 'upstream_unavailable'],
  ['query', '57P02', 'upstream_unavailable'],
  ['query', '08006', 'upstream_unavailable'],
  ['query', '40001', 'upstream_unavailable'],
  ['query', '53300', 'upstream_unavailable'],
  ['query', '55P03', 'upstream_unavailable'],
  ['query', 'XX000', 'upstream_unavailable'],
])('in step %s SQLSTATE %s is %s', (step, state, code) => {
  const error = mapPostgresError(new FailedStep(step, 'x', sqlError(state)), UNIT);
  expect(error.code).toBe(code);
  expect(error.publicMessage).not.toMatch(/engine|ana|deals/);
});

test.each([
  ['53300', 'upstream_unavailable'],
  ['28P01', 'upstream_unavailable'],
  ['3D000', 'upstream_unavailable'],
])('SQLSTATE %s while connecting is %s', (state, code) => {
  expect(mapPostgresError(sqlError(state), UNIT).code).toBe(code);
});

test('a broken socket is upstream_unavailable, and a unit that went another way is internal', () => {
  const broken = new FailedStep('query', 'read ECONNRESET', new Error('read ECONNRESET'));
  expect(mapPostgresError(broken, UNIT).code).toBe('upstream_unavailable');
  expect(mapPostgresError(new Error('timeout exceeded when trying to connect'), UNIT).code).toBe(
    'upstream_unavailable',
  );
  expect(mapPostgresError(new FailedStep('query', 'the role was not confirmed'), UNIT).code).toBe('internal');
});

test.each(['22P02', '22012', '23505', '40001'])('what %s quotes of the data stays out of the log', (state) => {
  const error = mapPostgresError(new FailedStep('query', 'x', sqlError(state, 'invalid input "s3cret"')), UNIT);
  expect(error.message).toContain(`Postgres ${state} in step query of statement deals as ana`);
  expect(error.message).not.toContain('s3cret');
  expect(error.cause).toBeUndefined();
});
