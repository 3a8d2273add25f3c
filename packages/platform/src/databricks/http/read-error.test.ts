import { expect, test } from 'vitest';
import { readError } from './read-error.ts';

const read = (text: string, status = 403) => readError(status, new TextEncoder().encode(text));

test.each([
  [
    'JSON of today',
    '{"error_code":"PERMISSION_DENIED","message":"User does not have CAN USE"}',
    { code: 'PERMISSION_DENIED', message: 'User does not have CAN USE' },
  ],
  ['a number for a code', '{"error_code":403,"message":"no"}', { code: '403', message: 'no' }],
  [
    'API 1.2, where the error stands for the message',
    '{"error_code":"X","message":"old","error":"the reason"}',
    { code: 'X', message: 'the reason' },
  ],
  ['SCIM', '{"detail":"no such user","status":"404","scimType":"x"}', { code: 'SCIM_403', message: 'no such user' }],
  [
    'OAuth',
    '{"error":"invalid_grant","error_description":"The issuer is not trusted."}',
    { code: 'invalid_grant', message: 'The issuer is not trusted.' },
  ],
  ['OAuth as some servers write it', '{"errorCode":"E1","errorSummary":"no"}', { code: 'E1', message: 'no' }],
  ['an object for an error', '{"error":{"code":"E2","message":"no"}}', { code: 'E2', message: 'no' }],
  ['plain text', 'MALFORMED_REQUEST: vpc_endpoints', { code: 'MALFORMED_REQUEST', message: 'vpc_endpoints' }],
  ['plain words', 'Invalid Token', { code: '', message: 'Invalid Token' }],
  [
    'a page',
    '<html><head><title>Error 403</title></head><body><pre>Not yours</pre></body></html>',
    { code: '', message: 'Not yours' },
  ],
  ['a page with a title alone', '<html><title> Bad gateway </title></html>', { code: '', message: 'Bad gateway' }],
  ['nothing', '', { code: '', message: '' }],
  ['JSON that is cut off', '{"error_code":"PERMISS', { code: '', message: '{"error_code":"PERMISS' }],
  ['a list', '[1]', { code: '', message: '[1]' }],
])('%s', (_, text, expected) => {
  expect(read(text)).toEqual(expected);
});

test('a time to wait is read from the details', () => {
  const details = '[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"X"},{"retry_delay":"2.5s"}]';
  expect(read(`{"error_code":"RESOURCE_EXHAUSTED","message":"slow down","details":${details}}`, 429)).toEqual({
    code: 'RESOURCE_EXHAUSTED',
    message: 'slow down',
    retryAfterMs: 2500,
  });
  expect(read('{"error_code":"X","message":"m","details":"no list"}')).toEqual({ code: 'X', message: 'm' });
});

test('a message of any length is cut', () => {
  expect(read('x'.repeat(100_000)).message).toHaveLength(1000);
});

test.each(['<pre>', '<title>'])('a page of nothing but %s holds nobody up', (tag) => {
  expect(readError(500, new TextEncoder().encode(tag.repeat(200_000)))).toEqual({ code: '', message: '' });
});
