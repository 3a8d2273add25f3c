/** How often something may be taken within a minute, for all replicas together. */
export interface CallWindow {
  /** Undefined when it may be taken; otherwise after how many milliseconds to ask again. */
  take(key: string, limit: number): Promise<number | undefined>;
}

/** What all replicas share: one window for each key, counted up. */
export interface SharedCount {
  /** Adds to the count of the key's window, and says where it stands and when it ends. */
  add(key: string, points: number): Promise<{ readonly total: number; readonly endsInMs: number }>;
}

interface Lease {
  left: number;
  endsAt: number;
  refusedUntil: number;
  fetching: Promise<void> | undefined;
}

/** A hundredth of the limit is taken at once, so that one call in a hundred asks the store. Small limits ask each time, and are exact. */
const SHARE = 100;
const KEYS_MAX = 10_000;
/** Looking for windows that are over takes as long as there are keys: not for each of a flood of new ones. */
const SWEEP_EVERY_MS = 1000;

/**
 * The window over a shared count. A replica takes some calls in advance and gives them out from memory, so the sum of all
 * replicas is never above the limit; what a replica has taken and does not need is lost to the others until the window ends:
 * at most two hundredths of the limit for each.
 */
export class LeasedWindow implements CallWindow {
  readonly #shared: SharedCount;
  readonly #now: () => number;
  readonly #leases = new Map<string, Lease>();
  #sweptAt = -Infinity;

  constructor(shared: SharedCount, now: () => number = () => performance.now()) {
    this.#shared = shared;
    this.#now = now;
  }

  /** Callers that are kept in mind. */
  get size(): number {
    return this.#leases.size;
  }

  async take(key: string, limit: number): Promise<number | undefined> {
    const lease = this.#leaseOf(key);
    const points = Math.max(1, Math.floor(limit / SHARE));
    while (!this.#spend(lease)) {
      const waitMs = lease.refusedUntil - this.#now();
      if (waitMs > 0) return Math.ceil(waitMs);
      if (points === 1) return this.#takeOne(key, lease, limit);
      await this.#fetch(lease, { key, points, limit });
    }
    // The next ones are fetched beside the calls, before they are needed.
    if (lease.left < points / 2 && lease.refusedUntil <= this.#now()) {
      this.#fetch(lease, { key, points, limit }).catch(() => undefined);
    }
    return undefined;
  }

  #spend(lease: Lease): boolean {
    if (lease.left === 0 || this.#now() >= lease.endsAt) return false;
    lease.left -= 1;
    return true;
  }

  async #takeOne(key: string, lease: Lease, limit: number): Promise<number | undefined> {
    const { total, endsInMs } = await this.#shared.add(key, 1);
    if (total <= limit) return undefined;
    lease.refusedUntil = this.#now() + endsInMs;
    return Math.max(1, Math.ceil(endsInMs));
  }

  /** One at a time for each key: the others wait for it. */
  #fetch(lease: Lease, wanted: Wanted): Promise<void> {
    lease.fetching ??= this.#fetchOnce(lease, wanted).finally(() => {
      lease.fetching = undefined;
    });
    return lease.fetching;
  }

  async #fetchOnce(lease: Lease, { key, points, limit }: Wanted): Promise<void> {
    const { total, endsInMs } = await this.#shared.add(key, points);
    const now = this.#now();
    const granted = Math.max(0, Math.min(points, limit - (total - points)));
    lease.left = now < lease.endsAt ? lease.left + granted : granted;
    lease.endsAt = now + endsInMs;
    if (granted === 0) lease.refusedUntil = lease.endsAt;
  }

  #leaseOf(key: string): Lease {
    const known = this.#leases.get(key);
    if (known !== undefined) return known;
    if (this.#leases.size >= KEYS_MAX) this.#makeRoom();
    const lease: Lease = { left: 0, endsAt: 0, refusedUntil: 0, fetching: undefined };
    this.#leases.set(key, lease);
    return lease;
  }

  /** A window that is over holds nothing; beyond the bound the oldest goes, which costs its owner a question to the store. */
  #makeRoom(): void {
    const now = this.#now();
    if (now - this.#sweptAt >= SWEEP_EVERY_MS) this.#forgetEnded(now);
    const [oldest] = this.#leases.keys();
    if (this.#leases.size >= KEYS_MAX && oldest !== undefined) this.#leases.delete(oldest);
  }

  #forgetEnded(now: number): void {
    this.#sweptAt = now;
    for (const [key, { endsAt, refusedUntil, fetching }] of this.#leases) {
      if (fetching === undefined && endsAt <= now && refusedUntil <= now) this.#leases.delete(key);
    }
  }
}

interface Wanted {
  readonly key: string;
  readonly points: number;
  readonly limit: number;
}
