import { expect, test } from 'vitest';
import { percentile, spread } from './statistics.ts';

test('the median is the middle value, or the mean of the two in the middle', () => {
  expect(spread([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 });
  expect(spread([4, 1, 2, 10])).toEqual({ median: 3, min: 1, max: 10 });
});

test('one slow call in a hundred is beyond p99, and two are not', () => {
  const latencies = (slow: number) => new Float64Array(100).fill(1).fill(50, 100 - slow);
  expect(percentile(latencies(1), 0.99)).toBe(1);
  expect(percentile(latencies(2), 0.99)).toBe(50);
  expect(percentile(latencies(1), 0.5)).toBe(1);
});

test('nothing measured is not a number, and never zero', () => {
  expect(spread([]).median).toBeNaN();
  expect(percentile(new Float64Array(0), 0.99)).toBeNaN();
});
