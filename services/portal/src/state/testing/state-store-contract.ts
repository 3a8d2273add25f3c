import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { StateStore } from '../state-store.ts';

const HOUR = { ttlMs: 3_600_000 };
const TEN = [...'0123456789'];

/** What every store must do. `open` gives two replicas' views of the same store; `waitMs` lets real time pass. */
export function describeStateStore(
  name: string,
  open: () => readonly [StateStore, StateStore],
  wait: (ms: number) => Promise<unknown> = delay,
): void {
  const key = () => randomUUID();
  describe(`the state store on ${name}`, () => {
    test('one replica reads what another wrote, and what was written last', async () => {
      const [here, there] = open();
      const id = key();
      expect(await there.get(id)).toBeUndefined();
      await here.set(id, 'first', HOUR);
      await there.set(id, 'söcond', HOUR);
      expect(await here.get(id)).toBe('söcond');
      await here.delete(id);
      expect(await there.get(id)).toBeUndefined();
    });

    test('an entry ends by itself', async () => {
      const [here, there] = open();
      const [short, group] = [key(), key()];
      await here.set(short, 'x', { ttlMs: 30, group });
      await wait(60);
      expect(await there.get(short)).toBeUndefined();
      expect(await there.take(short)).toBeUndefined();
      expect((await there.entriesOf(group)).size).toBe(0);
    });

    test('of many that add the same entry, one does', async () => {
      const replicas = open();
      const id = key();
      const results = await Promise.all(replicas.flatMap((one) => TEN.map((n) => one.add(id, n, HOUR))));
      expect(results.filter(Boolean)).toHaveLength(1);
      expect(await replicas[0].get(id)).toBe(TEN[results.indexOf(true) % TEN.length]);
    });

    test('an entry that has ended may be added again', async () => {
      const [here, there] = open();
      const id = key();
      expect(await here.add(id, 'first', { ttlMs: 30 })).toBe(true);
      await wait(60);
      expect(await there.add(id, 'again', HOUR)).toBe(true);
      expect(await here.get(id)).toBe('again');
    });

    test('of many that take the same entry, one gets it', async () => {
      const replicas = open();
      const id = key();
      await replicas[0].set(id, 'once', HOUR);
      const taken = await Promise.all(replicas.flatMap((one) => TEN.map(() => one.take(id))));
      expect(taken.filter((value) => value !== undefined)).toEqual(['once']);
    });

    test('a group is listed and forgotten as a whole, and no other with it', async () => {
      const [here, there] = open();
      const [group, other] = [key(), key()];
      const [a, b, c] = [key(), key(), key()];
      await here.set(a, '1', { ...HOUR, group });
      await here.add(b, '2', { ...HOUR, group });
      await here.set(c, '3', { ...HOUR, group: other });
      expect(Object.fromEntries(await there.entriesOf(group))).toEqual({ [a]: '1', [b]: '2' });
      await there.deleteGroup(group);
      expect(await here.get(a)).toBeUndefined();
      expect(await here.get(b)).toBeUndefined();
      expect(await here.get(c)).toBe('3');
      expect((await here.entriesOf(group)).size).toBe(0);
    });

    test('a group is counted without those that ended or were taken out of it, and says when the first one ends', async () => {
      const [here, there] = open();
      const [group, gone] = [key(), key()];
      expect(await there.countOf(group)).toEqual({ size: 0, firstEndsInMs: 0 });
      await here.set(key(), 'short', { ttlMs: 30, group });
      await here.set(gone, 'gone', { ttlMs: 60_000, group });
      await here.set(key(), 'first', { ttlMs: 1_800_000, group });
      await here.set(key(), 'last', { ...HOUR, group });
      await wait(60);
      await there.delete(gone, group);
      const { size, firstEndsInMs } = await there.countOf(group);
      expect(size).toBe(2);
      expect(firstEndsInMs).toBeGreaterThan(60_000);
      expect(firstEndsInMs).toBeLessThanOrEqual(1_800_000);
    });

    test('a long-lived member keeps its group listed after a short-lived one', async () => {
      const [here, there] = open();
      const [group, long, short] = [key(), key(), key()];
      await here.set(long, 'long', { ...HOUR, group });
      await here.set(short, 'short', { ttlMs: 30, group });
      await wait(60);
      expect([...(await there.entriesOf(group)).values()]).toEqual(['long']);
    });
  });
}
