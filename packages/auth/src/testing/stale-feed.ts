import type { Revocable } from '../revocable.ts';
import { REVOCATION_FEED_AGE_MAX_MS, RevocationFeed } from '../revocations/revocation-feed.ts';
import { NOON_MS } from './test-issuer.ts';

/** Knows that these are revoked, and of nothing else whether it is. */
export async function staleFeed(...known: readonly Revocable[]): Promise<RevocationFeed> {
  const clock = { ms: NOON_MS };
  const until = new Date(NOON_MS + 3_600_000);
  const log = {
    prepare: async () => {},
    add: async () => {},
    version: async () => '1',
    all: async () => known.map((what) => ({ what, reason: 'by the test', until })),
    close: async () => {},
  };
  const feed = new RevocationFeed({ log, now: () => clock.ms, monotonic: () => clock.ms, report: () => {} });
  await feed.poll();
  clock.ms += REVOCATION_FEED_AGE_MAX_MS + 1;
  return feed;
}
