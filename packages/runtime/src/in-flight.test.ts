import { expect, test } from 'vitest';
import { InFlight } from './in-flight.ts';

test('what is under way is found by its number, once', () => {
  const calls = new InFlight<string>();
  const [first, second] = [calls.add('first'), calls.add('second')];
  expect([calls.size, calls.all()]).toEqual([2, ['first', 'second']]);
  expect(calls.take(first)).toBe('first');
  expect(calls.take(first)).toBeUndefined();
  expect([calls.size, calls.all()]).toEqual([1, ['second']]);
  expect(calls.take(second)).toBe('second');
  expect([calls.size, calls.all()]).toEqual([0, []]);
});

test('when it is cleared nobody is found', () => {
  const calls = new InFlight<string>();
  const ids = [calls.add('first'), calls.add('second')];
  calls.clear();
  expect([calls.size, calls.all(), ...ids.map((id) => calls.take(id))]).toEqual([0, [], undefined, undefined]);
});

test('a number is not given again: whoever comes late finds nobody', () => {
  const calls = new InFlight<string>();
  const gone = calls.add('gone');
  calls.take(gone);
  calls.add('next');
  expect(calls.take(gone)).toBeUndefined();
  expect(calls.take(Number.NaN)).toBeUndefined();
  expect(calls.all()).toEqual(['next']);
});
