import { AppError, type Secret } from '@causeway/core';
import { orAborted } from '@causeway/runtime';

export interface PlatformToken {
  readonly token: Secret;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Whose token it is and what for. Never the text of a token. */
export type TokenKey = readonly string[];

export type FetchToken = () => Promise<PlatformToken>;

/** With less time left than this, a token is as good as over: Azure refuses it, and a statement outlives it. */
const USABLE_MS = 30_000;
/** A new one is fetched beside the calls when half of its time is over, but not more than this before its end. */
const EARLY_MS = 20 * 60_000;
/** After an early fetch that failed. */
const BACK_OFF_MS = 10_000;
const ENTRIES_MAX = 500;

interface Entry extends PlatformToken {
  refreshAt: number;
}

/** Platform tokens, one for each principal and purpose, fetched once for everybody who waits for the same. */
export class TokenCache {
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #flights = new Map<string, Promise<PlatformToken>>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * `fetch` speaks for whoever asks now. A fetch of somebody else for the same key that was refused says nothing about this one: then it is their own
   * turn.
   */
  async get(key: TokenKey, fetch: FetchToken, signal?: AbortSignal): Promise<Secret> {
    const name = JSON.stringify(key);
    for (;;) {
      // Whatever they went away with: somebody else's flight would else be waited for again and again, without a pause.
      signal?.throwIfAborted();
      const entry = this.#usable(name);
      if (entry !== undefined) {
        if (this.#now() >= entry.refreshAt) this.#refreshEarly(name, entry, fetch);
        return entry.token;
      }
      const flight = this.#flights.get(name);
      if (flight === undefined) return (await until(this.#fly(name, fetch), signal)).token;
      const found = await until(flight, signal).catch(passRefusal);
      if (found !== undefined) return found.token;
    }
  }

  /** For a token that the workspace refuses. A newer one stays. */
  discard(key: TokenKey, token: Secret): void {
    const name = JSON.stringify(key);
    if (this.#entries.get(name)?.token === token) this.#entries.delete(name);
  }

  #usable(name: string): Entry | undefined {
    const entry = this.#entries.get(name);
    return entry !== undefined && entry.expiresAt - this.#now() > USABLE_MS ? entry : undefined;
  }

  #fly(name: string, fetch: FetchToken): Promise<PlatformToken> {
    const flight = fetch()
      .then((found) => this.#keep(name, found))
      .finally(() => this.#flights.delete(name));
    this.#flights.set(name, flight);
    // Whoever started it may have gone by the time it fails.
    flight.catch(() => undefined);
    return flight;
  }

  #keep(name: string, found: PlatformToken): PlatformToken {
    const lifetime = found.expiresAt - this.#now();
    if (lifetime <= USABLE_MS) throw new AppError('exchange_denied', 'the platform gave a token that is over already');
    this.#entries.delete(name);
    this.#entries.set(name, { ...found, refreshAt: found.expiresAt - Math.min(lifetime / 2, EARLY_MS) });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= ENTRIES_MAX) break;
      this.#entries.delete(oldest);
    }
    return found;
  }

  #refreshEarly(name: string, entry: Entry, fetch: FetchToken): void {
    if (this.#flights.has(name)) return;
    this.#fly(name, fetch).catch(() => {
      entry.refreshAt = this.#now() + BACK_OFF_MS;
    });
  }
}

const until = <T>(promise: Promise<T>, signal: AbortSignal | undefined) =>
  signal === undefined ? promise : orAborted(promise, signal);

/** What was refused to another caller of the same principal, such as one whose token was revoked. An outage is everybody's. */
function passRefusal(error: unknown): undefined {
  if (error instanceof AppError && !error.shape.retryable) return undefined;
  throw error;
}
