import { AppError } from '@causeway/core';
import type { Revocable, Revoked } from '../revocable.ts';
import { keyOf } from './revocation-entry.ts';
import type { Revocation, RevocationLog } from './revocation-log.ts';

export interface RevocationFeedOptions {
  readonly log: RevocationLog;
  readonly now?: () => number;
  /** Ages the feed beside the clock that can be set back. It stands still while the machine is suspended. */
  readonly monotonic?: () => number;
  /** Twice within the two seconds in which a revocation must hold everywhere. */
  readonly pollMs?: number;
  /** Each failed look at the log. */
  readonly report: (error: unknown) => void;
}

/** Beyond this age nobody knows what was revoked since: the process is not ready for traffic, and lets nobody in. */
export const REVOCATION_FEED_AGE_MAX_MS = 30_000;

const RETRY_AFTER_MS = 5000;

/** More than a clock that is kept right ever moves between two looks. */
const STEP_MS = 1000;

/** What both clocks were when the log was looked at last, and how old the feed was by then. */
interface Look {
  readonly monotonicMs: number;
  readonly clockMs: number;
  ageMs: number;
}

/** What was taken back, in memory. Follows the log; what it once knew it keeps until it runs out, even when the log loses it. */
export class RevocationFeed {
  readonly #log: RevocationLog;
  readonly #now: () => number;
  readonly #monotonic: () => number;
  readonly #pollMs: number;
  readonly #report: (error: unknown) => void;
  readonly #known = new Map<string, Revocation>();
  #version: string | undefined;
  #look: Look = { monotonicMs: 0, clockMs: 0, ageMs: Infinity };
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: RevocationFeedOptions) {
    const { log, now = Date.now, monotonic = () => performance.now(), pollMs = 500, report } = options;
    this.#log = log;
    this.#now = now;
    this.#monotonic = monotonic;
    this.#pollMs = pollMs;
    this.#report = report;
  }

  /** Reads the log once, and follows it from then on. Rejects when the log cannot be read. */
  async start(): Promise<void> {
    await this.#log.prepare();
    await this.#read();
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /**
   * How long ago the log was read successfully. From look to look the clock that went further counts: a suspend stops the
   * monotonic one, and the other may be set back. One that is set forward cannot be told from a suspend.
   */
  get ageMs(): number {
    const { monotonicMs, clockMs, ageMs } = this.#look;
    return ageMs + Math.max(this.#monotonic() - monotonicMs, this.#now() - clockMs);
  }

  /**
   * The first of these that is revoked, or undefined. From memory, however old; throws when that is too old to say that none
   * is. So what belongs together is asked together: not to know of one must not hide that another is revoked.
   */
  revocationOf(whats: readonly Revocable[]): Revoked | undefined {
    const known = this.#knownOf(whats);
    if (known === undefined && this.ageMs > REVOCATION_FEED_AGE_MAX_MS)
      throw new AppError('upstream_unavailable', 'nobody knows what was revoked lately', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    return known;
  }

  /** Holds here when it resolves, and in every other process after its next look. */
  async revoke(revocation: Revocation): Promise<void> {
    await this.#log.add(revocation);
    this.#know(revocation);
  }

  /** Looks once. Never rejects. */
  async poll(): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      this.#report(error);
    }
  }

  #knownOf(whats: readonly Revocable[]): Revoked | undefined {
    // Asked several times for each call, and most of the time there are none.
    if (this.#known.size === 0) return undefined;
    const now = this.#now();
    for (const what of whats) {
      const found = this.#known.get(keyOf(what));
      if (found !== undefined && found.until.getTime() > now) return found;
    }
    return undefined;
  }

  async #read(): Promise<void> {
    const look = this.#beginLook();
    const version = await this.#log.version();
    if (version !== this.#version) {
      for (const revocation of await this.#log.all()) this.#know(revocation);
      this.#version = version;
    }
    look.ageMs = 0;
    const now = this.#now();
    for (const [key, { until }] of this.#known) if (until.getTime() <= now) this.#known.delete(key);
  }

  #beginLook(): Look {
    const before = this.#look;
    const look = { monotonicMs: this.#monotonic(), clockMs: this.#now(), ageMs: this.ageMs };
    const stepMs = look.clockMs - before.clockMs - (look.monotonicMs - before.monotonicMs);
    // By a clock that was wrong, entries ran out or were left out: after a step everything is read anew.
    if (Math.abs(stepMs) > STEP_MS) this.#version = undefined;
    this.#look = look;
    return look;
  }

  #know(revocation: Revocation): void {
    const key = keyOf(revocation.what);
    const before = this.#known.get(key);
    if (before === undefined || before.until < revocation.until) this.#known.set(key, revocation);
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      void this.poll().finally(() => this.#schedule());
    }, this.#pollMs).unref();
  }
}
