import { expect, test } from 'vitest';
import { isQuota, refusalOf } from './refusal-of.ts';

const refuse = (status: number, code: string, message: string) => refusalOf('databricks', status, { code, message });

test.each([
  [403, '', 'Provided OAuth token does not have required scopes: sql', 'access_denied'],
  [400, 'BAD_REQUEST', 'Invalid scope, required scopes: sql', 'access_denied'],
  [403, 'PERMISSION_DENIED', "User does not have USE CONNECTION on Connection 'x'.", 'access_denied'],
  [400, 'BAD_REQUEST', '[INSUFFICIENT_PERMISSIONS] Insufficient privileges:', 'access_denied'],
  [403, '', '', 'access_denied'],
  [401, '', 'Invalid Token', 'exchange_denied'],
  [404, 'RESOURCE_DOES_NOT_EXIST', '', 'not_found'],
  [429, 'REQUEST_LIMIT_EXCEEDED', '', 'rate_limited'],
  [429, '', '', 'rate_limited'],
  [400, 'INVALID_PARAMETER_VALUE', '', 'upstream_rejected'],
  [409, 'ABORTED', '', 'upstream_rejected'],
  [499, '', '', 'upstream_timeout'],
  [504, '', '', 'upstream_timeout'],
  [500, '', '', 'upstream_unavailable'],
  [503, 'TEMPORARILY_UNAVAILABLE', '', 'upstream_unavailable'],
])('%i %s %s is %s', (status, code, message, expected) => {
  expect(refuse(status, code, message).code).toBe(expected);
});

test('the reason of a denial is for the audit trail, and never for the caller', () => {
  const { message, publicMessage } = refuse(403, 'PERMISSION_DENIED', "User does not have SELECT on Table 'c.s.t'");
  expect(message).toContain("SELECT on Table 'c.s.t'");
  expect(publicMessage).not.toContain('c.s.t');
});

test('words that are about nobody’s rights stay outside: they may quote what somebody sent', () => {
  expect(refuse(400, 'INVALID_PARAMETER_VALUE', "the value 'hunter2'").message).not.toContain('hunter2');
  expect(refuse(500, "x'; hunter2", 'hunter2').message).not.toContain('hunter2');
});

test('a throttle names a time, and a used-up quota none', () => {
  expect(refusalOf('d', 429, { code: '', message: '', retryAfterMs: 7000 }).retryAfterMs).toBe(7000);
  expect(refuse(429, '', '').retryAfterMs).toBe(1000);
  const quota = { code: 'RESOURCE_EXHAUSTED', message: 'The workspace exceeds the limit of 2000 repos.' };
  expect(isQuota(quota)).toBe(true);
  expect(refusalOf('d', 429, quota).retryAfterMs).toBeUndefined();
  expect(isQuota({ code: 'RESOURCE_EXHAUSTED', message: 'Too many requests, slow down.' })).toBe(false);
  expect(isQuota({ code: 'REQUEST_LIMIT_EXCEEDED', message: 'Exceeded workspace input tokens per minute' })).toBe(
    false,
  );
});
