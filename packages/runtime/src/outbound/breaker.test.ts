import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Breaker } from './breaker.ts';
import { FailedAttempt } from './failed-attempt.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const failing = (verdict: FailedAttempt['verdict']) => async () => {
  throw new FailedAttempt({ error: new Error('x'), verdict, repeat: false });
};
const down = failing('down');
const settings = { failures: 2, halfOpenAfterMs: 1000 };

async function opened(): Promise<Breaker> {
  const breaker = new Breaker('partner', settings);
  await expect(breaker.run(down)).rejects.toBeInstanceOf(FailedAttempt);
  expect(breaker.state).toBe('closed');
  await expect(breaker.run(down)).rejects.toBeInstanceOf(FailedAttempt);
  expect(breaker.state).toBe('open');
  return breaker;
}

const REFUSED = { code: 'upstream_unavailable', message: expect.stringContaining('partner: the breaker is') };

test('opens after failures in a row, and then refuses without trying', async () => {
  const breaker = await opened();
  const attempt = vi.fn<() => Promise<number>>(async () => 1);
  await expect(breaker.run(attempt)).rejects.toMatchObject(REFUSED);
  expect(attempt).not.toHaveBeenCalled();
});

test.each(['up', 'unknown'] as const)('a failure that shows "%s" does not open it', async (verdict) => {
  const breaker = new Breaker('partner', settings);
  for (let i = 0; i < 5; i++) await expect(breaker.run(failing(verdict))).rejects.toBeInstanceOf(FailedAttempt);
  expect(breaker.state).toBe('closed');
});

test('an answer in between starts the count again', async () => {
  const breaker = new Breaker('partner', settings);
  await expect(breaker.run(down)).rejects.toThrow('attempt failed');
  await breaker.run(async () => 1);
  await expect(breaker.run(down)).rejects.toThrow('attempt failed');
  expect(breaker.state).toBe('closed');
});

test('half-open lets one probe through and refuses the rest at once', async () => {
  const breaker = await opened();
  vi.setSystemTime(Date.now() + 1000);
  const answer = Promise.withResolvers<string>();
  const probe = breaker.run(() => answer.promise);
  expect(breaker.state).toBe('half-open');
  await expect(breaker.run(async () => 'second')).rejects.toMatchObject(REFUSED);
  answer.resolve('back');
  expect(await probe).toBe('back');
  expect(breaker.state).toBe('closed');
});

test.each(['down', 'unknown'] as const)('a probe that shows "%s" leaves it open', async (verdict) => {
  const breaker = await opened();
  vi.setSystemTime(Date.now() + 1000);
  await expect(breaker.run(failing(verdict))).rejects.toBeInstanceOf(FailedAttempt);
  expect(breaker.state).toBe('open');
});

test('a probe that was answered with a refusal closes it', async () => {
  const breaker = await opened();
  vi.setSystemTime(Date.now() + 1000);
  await expect(breaker.run(failing('up'))).rejects.toBeInstanceOf(FailedAttempt);
  expect(breaker.state).toBe('closed');
});

test('an infinite number of failures keeps it closed', async () => {
  const breaker = new Breaker('partner', { failures: Infinity });
  for (let i = 0; i < 50; i++) await expect(breaker.run(down)).rejects.toBeInstanceOf(FailedAttempt);
  expect(breaker.state).toBe('closed');
});
