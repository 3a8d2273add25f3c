import { Secret } from '@causeway/core';
import { expect, test } from 'vitest';
import { type Environment, readSettings } from './read-settings.ts';
import { stateStoreProblems, stateStoreVariables } from './state-store.ts';
import { publicUrl } from './url.ts';

const variables = {
  publicUrl: publicUrl('GATEWAY_PUBLIC_URL', { description: 'x', localDefault: 'http://127.0.0.1:8701' }),
  ...stateStoreVariables(),
};
const warehouse = new Secret('postgres://gateway:a@127.0.0.1:5432/warehouse');

const read = (environment: Environment) =>
  readSettings(variables, environment, (settings) => stateStoreProblems(settings, [warehouse, undefined]));

test('one of the two is enough', () => {
  expect(read({ REDIS_URL: 'redis://127.0.0.1' }).stateDatabaseUrl).toBeUndefined();
  expect(read({ STATE_DATABASE_URL: 'postgres://s:b@127.0.0.1/state' }).redisUrl).toBeUndefined();
});

test('without a state store nothing starts', () => {
  expect(() => read({})).toThrow('REDIS_URL or STATE_DATABASE_URL must be set');
});

test('a store that was given wrongly is one problem, not two', () => {
  expect(() => read({ REDIS_URL: 'x' })).toThrow('(1):\n  REDIS_URL must be');
});

test.each(['postgres://s:b@127.0.0.1/warehouse', 'postgres://s:b@127.0.0.1:5432/ware%68ouse?application_name=x'])(
  'the state store is not in the warehouse: refuses %s',
  (url) => {
    expect(() => read({ STATE_DATABASE_URL: url })).toThrow('STATE_DATABASE_URL must not be the warehouse database');
  },
);
