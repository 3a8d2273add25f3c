export interface Keeping {
  /** Everything ends by itself: nothing that comes in from outside can grow without bound. */
  readonly ttlMs: number;
  /** Entries of one group are listed and forgotten together. */
  readonly group?: string | undefined;
}

export interface GroupCount {
  readonly size: number;
  /** When the first of them ends by itself; 0 when there are none. */
  readonly firstEndsInMs: number;
}

/** What all replicas of the portal share: codes, grants, sessions, consents, used assertions. */
export interface StateStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, keeping: Keeping): Promise<void>;
  /** True for exactly one of all that try while the entry lives. */
  add(key: string, value: string, keeping: Keeping): Promise<boolean>;
  /** Reads and forgets: exactly one of all that try gets it. */
  take(key: string): Promise<string | undefined>;
  /** The group that it was set with, if there was one: whoever leaves it out still counts there until its time is over. */
  delete(key: string, group?: string): Promise<void>;
  entriesOf(group: string): Promise<ReadonlyMap<string, string>>;
  /** How many there are, without reading them. */
  countOf(group: string): Promise<GroupCount>;
  deleteGroup(group: string): Promise<void>;
}
