/**
 * What is under way, each entry under a number that is never given again.
 *
 * No Map and no Set: in V8 a table that one of them has outgrown points to the next. One such table past the nursery, and whatever
 * came and went since is kept until the next full collection. With requests in it that was half of what the collector did
 * (docs/performance.md).
 */
export class InFlight<Entry> {
  readonly #entries: Record<number, Entry> = {};
  #lastId = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number under which `take` finds it. */
  add(entry: Entry): number {
    this.#lastId += 1;
    this.#entries[this.#lastId] = entry;
    this.#size += 1;
    return this.#lastId;
  }

  /** The entry, which is no longer under way; undefined if it was not. */
  take(id: number): Entry | undefined {
    const entry = this.#entries[id];
    if (entry === undefined) return undefined;
    delete this.#entries[id];
    this.#size -= 1;
    return entry;
  }

  /** All that is under way now. */
  all(): readonly Entry[] {
    return Object.values(this.#entries);
  }

  clear(): void {
    for (const id of Object.keys(this.#entries)) this.take(Number(id));
  }
}
