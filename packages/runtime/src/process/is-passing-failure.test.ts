import { AppError } from '@causeway/core';
import { expect, test } from 'vitest';
import { isPassingFailure } from './is-passing-failure.ts';

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });

test.each([
  coded('ECONNREFUSED'),
  coded('ENOTFOUND'),
  coded('57P03', 'the database system is starting up'),
  coded('3D000'),
  new Error('timeout expired'),
  new Error('Connection is closed.'),
  new Error('LOADING Redis is loading the dataset in memory'),
  new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]),
  new AppError('upstream_unavailable', 'the state', { cause: coded('ECONNREFUSED') }),
])('waiting may mend it: %s', (error) => {
  expect(isPassingFailure(error)).toBe(true);
});

test.each([
  coded('28P01', 'password authentication failed'),
  coded('42501', 'permission denied'),
  coded('DEPTH_ZERO_SELF_SIGNED_CERT'),
  new Error('WRONGPASS invalid username-password pair or user is disabled.'),
  new Error('NOAUTH Authentication required.'),
  new AppError('config_invalid', 'A_URL is not set'),
  new TypeError('x is not a function'),
  new AggregateError([coded('ECONNREFUSED'), coded('28P01')]),
  new AggregateError([]),
  'ECONNREFUSED',
])('no waiting mends it: %s', (error) => {
  expect(isPassingFailure(error)).toBe(false);
});
