import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Deadline, orAborted } from './deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const start = (caller?: AbortSignal) => new Deadline({ name: 'partner', ms: 50, caller });

test('aborts when the time is up, with a timeout as the reason', () => {
  using deadline = start();
  vi.advanceTimersByTime(49);
  expect(deadline.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(deadline.signal.reason).toMatchObject({ code: 'upstream_timeout' });
});

test('follows the caller, with the reason of the caller', () => {
  const caller = new AbortController();
  using deadline = start(caller.signal);
  const reason = new Error('the browser left');
  caller.abort(reason);
  expect(deadline.signal.reason).toBe(reason);
  using late = start(caller.signal);
  expect(late.signal.reason).toBe(reason);
});

test('leaves no timer and no listener behind', () => {
  const caller = new AbortController();
  {
    using deadline = start(caller.signal);
    expect(deadline.signal.aborted).toBe(false);
    expect([vi.getTimerCount(), getEventListeners(caller.signal, 'abort').length]).toEqual([1, 1]);
  }
  expect([vi.getTimerCount(), getEventListeners(caller.signal, 'abort')]).toEqual([0, []]);
});

test('waiting for a promise ends with whichever comes first', async () => {
  using deadline = start();
  expect(await orAborted(Promise.resolve(1), deadline.signal)).toBe(1);
  expect(getEventListeners(deadline.signal, 'abort')).toEqual([]);
  const never = orAborted(new Promise(() => {}), deadline.signal);
  vi.advanceTimersByTime(50);
  await expect(never).rejects.toMatchObject({ code: 'upstream_timeout' });
  await expect(orAborted(Promise.resolve(1), deadline.signal)).rejects.toMatchObject({ code: 'upstream_timeout' });
});
