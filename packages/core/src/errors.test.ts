import { expect, test } from 'vitest';
import { AppError, toAppError } from './app-error.ts';
import { ERRORS } from './errors.ts';

// A pin: whoever changes a row here changes what clients, operators and documents rely on.
test('the error table is the one of the contract', () => {
  const table = Object.entries(ERRORS).map(([code, row]) => [code, row.http, row.mcp, row.oauth, row.retryable]);
  expect(table).toEqual([
    ['invalid_request', 400, 'isError', 'invalid_request', false],
    ['invalid_token', 401, undefined, undefined, false],
    ['insufficient_scope', 403, undefined, 'invalid_scope', false],
    ['access_denied', 403, 'isError', 'access_denied', false],
    ['not_found', 404, 'isError', undefined, false],
    ['rate_limited', 429, 'isError', 'temporarily_unavailable', true],
    ['exchange_denied', 502, 'isError', 'access_denied', false],
    ['upstream_rejected', 422, 'isError', 'invalid_request', false],
    ['upstream_unavailable', 503, 'isError', 'temporarily_unavailable', true],
    ['upstream_timeout', 504, 'isError', 'temporarily_unavailable', true],
    ['audit_unavailable', 503, 'isError', 'temporarily_unavailable', true],
    ['internal', 500, 'isError', 'server_error', false],
    ['config_invalid', undefined, undefined, undefined, false],
  ]);
});

test('an internal message never becomes the public one', () => {
  const error = new AppError('upstream_unavailable', 'connect ECONNREFUSED db.internal:5432');
  expect(error.publicMessage).toBe('A system behind this one is down.');
});

test('safeDetail is what the caller reads when it was set', () => {
  expect(new AppError('invalid_request', 'inner', { safeDetail: 'limit must be at most 100' }).publicMessage).toBe(
    'limit must be at most 100',
  );
});

test.each([new Error('secret path /etc'), 'a string', undefined, { code: 'access_denied' }])(
  'whatever is thrown becomes internal: %s',
  (thrown) => {
    const error = toAppError(thrown);
    expect(error.code).toBe('internal');
    expect(error.publicMessage).not.toContain('/etc');
    expect(error.message).not.toContain('/etc');
    expect(error.cause).toBe(thrown);
  },
);

test('an AppError stays itself', () => {
  const error = new AppError('not_found', 'x');
  expect(toAppError(error)).toBe(error);
});
