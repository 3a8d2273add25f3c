import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { afterEach, expect, test } from 'vitest';
import { requestHeaders } from './request-headers.ts';

afterEach(() => context.disable());

test('what the call names goes out, and an answer is asked for without compression', () => {
  expect(requestHeaders('x', { Authorization: 'Bearer t', Accept: 'a/b' })).toEqual({
    authorization: 'Bearer t',
    accept: 'a/b',
    'accept-encoding': 'identity',
  });
});

test.each(['a\r\nx: y', 'a\nb', 'a\rb', 'a\u0000b', 'a\u007fb', 'ü€'])(
  'refuses the value %j, and does not repeat it',
  (value) => {
    expect(() => requestHeaders('partner', { authorization: `hunter2${value}` })).toThrow(
      expect.objectContaining({
        code: 'internal',
        message: 'partner: the value of authorization is not a header value',
      }),
    );
  },
);

test.each(
  [
    ['', 'a b', 'a\r\nb', 'a:b', 'ä'],
    ['host', 'Connection', 'content-length', 'Transfer-Encoding', 'upgrade', 'expect', 'te', 'accept-encoding'],
    ['x-forwarded-for', 'X-Forwarded-Access-Token', 'forwarded', 'via', 'cookie', 'proxy-authorization', 'x-real-ip'],
    ['traceparent', 'tracestate', 'baggage', '__proto__'],
  ].flat(),
)('refuses the header name %j', (name) => {
  expect(() => requestHeaders('partner', Object.fromEntries([[name, 'x']]))).toThrow(
    expect.objectContaining({ code: 'internal' }),
  );
});

test('refuses a header that is named twice', () => {
  expect(() => requestHeaders('partner', { Accept: 'a', accept: 'b' })).toThrow(/may not set/);
});

test('the active span goes out as traceparent, and no tracestate or baggage with it', () => {
  const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
  const active = trace.setSpanContext(ROOT_CONTEXT, span);
  context.setGlobalContextManager({
    active: () => active,
    with: (_context, fn, thisArg, ...args) => fn.call(thisArg as ThisParameterType<typeof fn>, ...args),
    bind: (_context, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  expect(requestHeaders('x')).toEqual({
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'accept-encoding': 'identity',
  });
});
