import { AppError } from '@causeway/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CallSlots } from './call-slots.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const quiet = new AbortController().signal;
const options = { max: 2, signal: quiet };

test('as many run as the policy says, and the next one waits for a place', async () => {
  const slots = new CallSlots();
  const first = await slots.enter('a', options);
  const second = await slots.enter('a', options);
  let entered = false;
  const third = slots.enter('a', options).then((slot) => {
    entered = true;
    return slot;
  });
  await vi.advanceTimersByTimeAsync(1000);
  expect(entered).toBe(false);
  first[Symbol.dispose]();
  const slot = await third;
  second[Symbol.dispose]();
  slot[Symbol.dispose]();
  expect(slots.size).toBe(0);
});

test('a place that is handed on cannot be taken in between', async () => {
  const slots = new CallSlots();
  const one = { max: 1, signal: quiet };
  const running = await slots.enter('a', one);
  const waiting = slots.enter('a', one);
  running[Symbol.dispose]();
  let isIn = false;
  void slots.enter('a', one).then(() => (isIn = true));
  const slot = await waiting;
  await vi.advanceTimersByTimeAsync(10);
  expect(isIn).toBe(false);
  slot[Symbol.dispose]();
  await vi.advanceTimersByTimeAsync(10);
  expect(isIn).toBe(true);
});

test('more than as many again are refused at once', async () => {
  const slots = new CallSlots();
  await slots.enter('a', options);
  await slots.enter('a', options);
  void slots.enter('a', options);
  void slots.enter('a', options);
  await expect(slots.enter('a', options)).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 1000 });
});

test('nobody waits longer than five seconds', async () => {
  const slots = new CallSlots();
  await slots.enter('a', { max: 1, signal: quiet });
  const outcome = slots.enter('a', { max: 1, signal: quiet }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(5000);
  expect(await outcome).toMatchObject({ code: 'rate_limited' });
});

test('who leaves the line is not handed a place', async () => {
  const slots = new CallSlots();
  const running = await slots.enter('a', { max: 1, signal: quiet });
  const leaving = new AbortController();
  const outcome = slots.enter('a', { max: 1, signal: leaving.signal }).catch((error: unknown) => error);
  leaving.abort(new AppError('upstream_timeout', 'left'));
  running[Symbol.dispose]();
  expect(await outcome).toMatchObject({ message: 'left' });
  expect(slots.size).toBe(0);
});

test('callers do not wait for each other', async () => {
  const slots = new CallSlots();
  await slots.enter('a', { max: 1, signal: quiet });
  await expect(slots.enter('b', { max: 1, signal: quiet })).resolves.toBeDefined();
});
