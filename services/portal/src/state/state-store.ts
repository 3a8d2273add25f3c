export interface Keeping {
  /** Everything ends by itself: nothing that comes in from outside can grow without bound. */
  readonly ttlMs: number;
  /** Entries of one group are listed and forgotten together. */
  readonly group?: string | undefined;
}

/** What all replicas of the portal share: codes, grants, sessions, consents, used assertions. */
export interface StateStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, keeping: Keeping): Promise<void>;
  /** True for exactly one of all that try while the entry lives. */
  add(key: string, value: string, keeping: Keeping): Promise<boolean>;
  /** Reads and forgets: exactly one of all that try gets it. */
  take(key: string): Promise<string | undefined>;
  delete(key: string): Promise<void>;
  entriesOf(group: string): Promise<ReadonlyMap<string, string>>;
  deleteGroup(group: string): Promise<void>;
}
