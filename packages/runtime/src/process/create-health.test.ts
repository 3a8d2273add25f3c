import { AppError } from '@causeway/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createHealth, type HealthCheck } from './create-health.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

const up: HealthCheck = { name: 'database', required: true, run: () => Promise.resolve() };
const down: HealthCheck = {
  name: 'cache',
  required: false,
  run: () => Promise.reject(new Error('connect ECONNREFUSED cache.internal:6379')),
};

function started(...checks: HealthCheck[]) {
  const health = createHealth(checks);
  health.markStarted();
  return health;
}

test('each dependency is reported by name, with status, latency and time', async () => {
  const slow: HealthCheck = {
    name: 'database',
    required: true,
    run: async () => {
      await vi.advanceTimersByTimeAsync(7);
    },
  };
  expect(await createHealth([slow]).report()).toEqual({
    status: 'ok',
    dependencies: {
      database: { status: 'ok', required: true, latency_ms: 7, checked_at: '1970-01-01T00:00:00.000Z' },
    },
  });
});

test.each([
  ['all well', [up], 'ok', true],
  ['an optional one is down', [up, down], 'degraded', true],
  ['a required one is down', [up, { ...down, required: true }], 'down', false],
  ['one is degraded', [{ ...up, run: () => Promise.resolve({ status: 'degraded' as const }) }], 'degraded', true],
  ['no dependencies', [], 'ok', true],
])('overall status and readiness: %s', async (_, checks, status, ready) => {
  const health = started(...checks);
  expect((await health.report()).status).toBe(status);
  expect((await health.readiness()).ready).toBe(ready);
});

test('the text of an exception is not for the outside, an AppError has words for it', async () => {
  const refused: HealthCheck = {
    ...down,
    name: 'portal',
    run: () =>
      Promise.reject(new AppError('upstream_timeout', 'portal.internal', { safeDetail: 'the portal is slow' })),
  };
  const { dependencies } = await createHealth([down, refused]).report();
  expect(dependencies['cache']?.cause).toBe('the check failed');
  expect(dependencies['portal']?.cause).toBe('the portal is slow');
});

test('a check that throws before it returns a promise is down', async () => {
  const broken: HealthCheck = {
    ...up,
    run: () => {
      throw new Error('x');
    },
  };
  expect((await createHealth([broken]).report()).status).toBe('down');
});

test('a check that does not answer is down in time, and is told to stop', async () => {
  let told: AbortSignal | undefined;
  const stuck: HealthCheck = {
    ...up,
    timeoutMs: 100,
    run: (signal) => {
      told = signal;
      return new Promise(() => undefined);
    },
  };
  const report = createHealth([stuck]).report();
  await vi.advanceTimersByTimeAsync(100);
  expect((await report).dependencies['database']).toMatchObject({ status: 'down', cause: 'no answer within 100 ms' });
  expect(told?.aborted).toBe(true);
});

test('a flood of questions is one question to the dependency, and its answer is kept for a while', async () => {
  const run = vi.fn<() => Promise<void>>(() => Promise.resolve());
  const health = started({ ...up, run, freshMs: 1000 });
  await Promise.all(Array.from({ length: 1000 }, () => health.report()));
  await health.readiness();
  expect(run).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1000);
  await Promise.all([health.report(), health.readiness()]);
  expect(run).toHaveBeenCalledTimes(2);
});

test('a clock that is set back keeps no old answer', async () => {
  const run = vi.fn<HealthCheck['run']>(() => Promise.resolve());
  const health = createHealth([{ ...up, run }]);
  await health.report();
  vi.setSystemTime(Date.now() - 86_400_000);
  await vi.advanceTimersByTimeAsync(5000);
  await health.report();
  expect(run).toHaveBeenCalledTimes(2);
});

test('ready only between start and draining', async () => {
  const health = createHealth([up]);
  expect(await health.readiness()).toEqual({ ready: false, reason: 'starting' });
  health.markStarted();
  expect(await health.readiness()).toEqual({ ready: true });
  health.markDraining();
  expect(await health.readiness()).toEqual({ ready: false, reason: 'draining' });
  health.markStarted();
  expect(await health.readiness()).toEqual({ ready: false, reason: 'draining' });
});

test('readiness says which dependency is missing', async () => {
  const health = started(up, { ...down, name: 'state', required: true });
  expect(await health.readiness()).toEqual({ ready: false, reason: 'state is down' });
});
