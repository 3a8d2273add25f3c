import { hash } from 'node:crypto';
import { TOKEN_LENGTH_MAX } from './jwt/parse-jwt.ts';

/** A result that may be kept until a time, or a refusal, which never is. */
export type Cacheable =
  { readonly ok: true; readonly expiresAt: Date; readonly freshUntil?: Date } | { readonly ok: false };

export interface VerificationCacheOptions {
  readonly now: () => number;
  readonly entriesMax?: number | undefined;
  /** Told of each question whether the answer was there. */
  readonly onLookup?: ((isHit: boolean) => void) | undefined;
}

interface Verification<Result> {
  /** One token judged for two purposes has two results. */
  readonly kind: string;
  readonly verify: () => Promise<Result>;
}

export interface VerificationCache<Result extends Cacheable> {
  readonly size: number;
  verify(token: string, verification: Verification<Result>): Promise<Result>;
  clear(): void;
}

/** A result is given out again for at most this long, so that a key its issuer took away is noticed. */
export const CACHE_FRESH_MS = 60_000;
const ENTRIES_MAX = 10_000;

/**
 * Results by the token's SHA-256, so that no token stays in memory. Only good ones are kept: a flood of bad tokens evicts nobody.
 * Never past expiry; the least recently used goes first; one verification at a time for each token.
 */
export function createVerificationCache<Result extends Cacheable>({
  now,
  entriesMax = ENTRIES_MAX,
  onLookup,
}: VerificationCacheOptions): VerificationCache<Result> {
  let kept = new Map<string, { readonly result: Result; readonly until: number }>();
  let flights = new Map<string, Promise<Result>>();

  const keep = (place: typeof kept, key: string, result: Result) => {
    if (!result.ok) return;
    const { expiresAt, freshUntil = expiresAt } = result;
    place.set(key, { result, until: Math.min(now() + CACHE_FRESH_MS, expiresAt.getTime(), freshUntil.getTime()) });
    if (place.size > entriesMax) place.delete(place.keys().next().value ?? '');
  };
  const fly = (key: string, verify: () => Promise<Result>): Promise<Result> => {
    // What is under way when the cache is cleared must not come into it: both maps are others by then.
    const [place, places] = [kept, flights];
    const run = async () => {
      const result = await verify();
      keep(place, key, result);
      return result;
    };
    const flight = run().finally(() => places.delete(key));
    places.set(key, flight);
    return flight;
  };

  return {
    get size() {
      return kept.size;
    },
    verify: (token, { kind, verify }) => {
      if (token.length > TOKEN_LENGTH_MAX) return verify();
      const key = kind + hash('sha256', token, 'base64');
      const entry = kept.get(key);
      if (entry !== undefined) {
        kept.delete(key);
        if (now() < entry.until) {
          kept.set(key, entry);
          onLookup?.(true);
          return Promise.resolve(entry.result);
        }
      }
      onLookup?.(false);
      return flights.get(key) ?? fly(key, verify);
    },
    clear: () => {
      kept = new Map();
      flights = new Map();
    },
  };
}
