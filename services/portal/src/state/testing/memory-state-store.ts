import type { GroupCount, Keeping, StateStore } from '../state-store.ts';

interface Entry {
  readonly value: string;
  readonly until: number;
  readonly group: string | undefined;
}

/** For tests of what uses a store. It passes the same contract suite as the real ones. */
export class MemoryStateStore implements StateStore {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  async get(key: string): Promise<string | undefined> {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > this.#now() ? entry.value : undefined;
  }

  async set(key: string, value: string, { ttlMs, group }: Keeping): Promise<void> {
    this.#entries.set(key, { value, until: this.#now() + ttlMs, group });
  }

  async add(key: string, value: string, keeping: Keeping): Promise<boolean> {
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.until > this.#now()) return false;
    this.#entries.set(key, { value, until: this.#now() + keeping.ttlMs, group: keeping.group });
    return true;
  }

  async take(key: string): Promise<string | undefined> {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    return entry !== undefined && entry.until > this.#now() ? entry.value : undefined;
  }

  async delete(key: string): Promise<void> {
    this.#entries.delete(key);
  }

  async entriesOf(group: string): Promise<ReadonlyMap<string, string>> {
    return new Map(this.#live(group).map(([key, { value }]) => [key, value]));
  }

  async countOf(group: string): Promise<GroupCount> {
    const ends = this.#live(group).map(([, { until }]) => until - this.#now());
    return { size: ends.length, firstEndsInMs: ends.length === 0 ? 0 : Math.min(...ends) };
  }

  async deleteGroup(group: string): Promise<void> {
    for (const [key, entry] of this.#entries) if (entry.group === group) this.#entries.delete(key);
  }

  #live(group: string): [string, Entry][] {
    const now = this.#now();
    return [...this.#entries].filter(([, entry]) => entry.group === group && entry.until > now);
  }
}
