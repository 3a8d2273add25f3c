import { expect, test } from 'vitest';
import { judgeMemory, type MemorySample } from './judge-memory.ts';

const run = (heapAt: (minute: number) => number, rssAt: (minute: number) => number = () => 200): MemorySample[] =>
  Array.from({ length: 120 }, (_, at) => ({ minute: at / 12, heapMb: heapAt(at / 12), rssMb: rssAt(at / 12) }));

/** What a collector's heap looks like: it rises, and falls back to the same floor. */
const sawtooth = (minute: number) => 60 + 40 * ((minute * 7) % 1);

test('a heap that falls back to the same floor is flat, however high it rises in between', () => {
  expect(judgeMemory(run(sawtooth))).toMatchObject({ isFlat: true });
});

test('what grows while it warms up and then stays is flat', () => {
  expect(judgeMemory(run((minute) => sawtooth(minute) + Math.min(minute, 3) * 30))).toMatchObject({ isFlat: true });
});

test('a floor that rises is growth, also below the teeth', () => {
  expect(judgeMemory(run((minute) => sawtooth(minute) + minute * 5))).toMatchObject({ isFlat: false });
});

test('memory outside of the heap counts too', () => {
  expect(judgeMemory(run(sawtooth, (minute) => 200 + minute * 12))).toMatchObject({ isFlat: false });
});

test('a run that is too short says nothing', () => {
  expect(judgeMemory(run(sawtooth).slice(0, 8))).toMatchObject({ isFlat: false });
});
