import { randomUUID } from 'node:crypto';

const COUNTER_MAX = 0xfff;
/** How far ids run ahead of a clock that steps back. Beyond that they follow it: one second in a wrong year must not spoil all later ids. */
const AHEAD_MAX_MS = 30_000;
const RANDOM_AT = 19;

/**
 * Makes uuids of version 7 (RFC 9562 §5.7) that grow, also within a millisecond and when the clock steps back a little:
 * the id is the key of the audit table and of its monthly partitions.
 */
export function createEventIds(now: () => number = Date.now): () => string {
  let lastMs = 0;
  let counter = 0;
  return () => {
    const ms = now();
    if (ms > lastMs || lastMs - ms > AHEAD_MAX_MS) {
      lastMs = ms;
      counter = 0;
    } else if (++counter > COUNTER_MAX) {
      // RFC 9562 §6.2, method 1: the counter is full, so the timestamp runs ahead.
      lastMs += 1;
      counter = 0;
    }
    const time = lastMs.toString(16).padStart(12, '0');
    // The variant and 62 random bits stand in the same place in every version.
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${randomUUID().slice(RANDOM_AT)}`;
  };
}

/** The millisecond that an id of version 7 stands for. */
export const eventIdTime = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
