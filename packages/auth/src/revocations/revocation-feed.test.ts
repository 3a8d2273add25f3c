import { expect, test, vi } from 'vitest';
import { REVOCATION_FEED_AGE_MAX_MS, RevocationFeed } from './revocation-feed.ts';
import type { Revocation, RevocationLog } from './revocation-log.ts';

const WANDA = { kind: 'human', issuer: 'https://idp.example', subject: 'wanda' } as const;

function setUp() {
  const clock = { ms: 1_000_000, steadyMs: 5_000 };
  const kept: Revocation[] = [];
  const failures: unknown[] = [];
  const state = { version: 0, isDown: false };
  const log: RevocationLog = {
    prepare: async () => {},
    add: async (revocation) => {
      kept.push(revocation);
      state.version += 1;
    },
    version: async () => {
      if (state.isDown) throw new Error('down');
      return String(state.version);
    },
    all: async () => kept.filter(({ until }) => until.getTime() > clock.ms),
    close: async () => {},
  };
  const open = () =>
    new RevocationFeed({
      log,
      now: () => clock.ms,
      monotonic: () => clock.steadyMs,
      report: (error) => failures.push(error),
    });
  return { clock, kept, failures, state, open };
}

const inAnHour = (clock: { ms: number }) => new Date(clock.ms + 3_600_000);

test('a revocation of one process holds in another after its next look', async () => {
  const { clock, open } = setUp();
  const [here, there] = [open(), open()];
  await Promise.all([here.poll(), there.poll()]);
  await here.revoke({ what: WANDA, reason: 'left the company', until: inAnHour(clock) });
  expect(here.revocationOf([WANDA])?.reason).toBe('left the company');
  expect(there.revocationOf([WANDA])).toBeUndefined();
  await there.poll();
  expect(there.revocationOf([WANDA])?.reason).toBe('left the company');
  expect(there.revocationOf([{ ...WANDA, subject: 'erik' }])).toBeUndefined();
});

test('the log is looked at twice within the two seconds in which a revocation must hold', async () => {
  vi.useFakeTimers();
  const { clock, open } = setUp();
  const [here, there] = [open(), open()];
  await Promise.all([here.start(), there.start()]);
  await here.revoke({ what: WANDA, reason: 'left', until: inAnHour(clock) });
  await vi.advanceTimersByTimeAsync(1000);
  expect(there.revocationOf([WANDA])?.reason).toBe('left');
  here.stop();
  there.stop();
  vi.useRealTimers();
});

test('a revocation ends with what it refuses', async () => {
  const { clock, open } = setUp();
  const feed = open();
  await feed.poll();
  await feed.revoke({ what: { kind: 'token', id: 'a' }, reason: 'revoked', until: new Date(clock.ms + 1000) });
  clock.ms += 1001;
  expect(feed.revocationOf([{ kind: 'token', id: 'a' }])).toBeUndefined();
});

test('what is known holds on when the log loses it', async () => {
  const { clock, kept, state, open } = setUp();
  const feed = open();
  await feed.revoke({ what: WANDA, reason: 'gone', until: inAnHour(clock) });
  kept.length = 0;
  state.version = 0;
  await feed.poll();
  expect(feed.revocationOf([WANDA])?.reason).toBe('gone');
});

test('a log that is down ages the feed and is reported, and what is known holds', async () => {
  const { clock, state, failures, open } = setUp();
  const feed = open();
  await feed.revoke({ what: WANDA, reason: 'gone', until: inAnHour(clock) });
  await feed.poll();
  expect(feed.ageMs).toBe(0);
  state.isDown = true;
  clock.steadyMs += 31_000;
  await feed.poll();
  expect(feed.ageMs).toBe(31_000);
  expect(failures).toHaveLength(1);
  expect(feed.revocationOf([WANDA])?.reason).toBe('gone');
});

test('who has not read the log for 30 seconds says of nobody that they are not revoked, until it is read again', async () => {
  const { clock, state, open } = setUp();
  const feed = open();
  await feed.poll();
  state.isDown = true;
  clock.steadyMs += REVOCATION_FEED_AGE_MAX_MS;
  await feed.poll();
  expect(feed.revocationOf([WANDA])).toBeUndefined();
  clock.steadyMs += 1;
  const unknown = expect.objectContaining({ code: 'upstream_unavailable', retryAfterMs: 5000 });
  expect(() => feed.revocationOf([WANDA])).toThrow(unknown);
  state.isDown = false;
  await feed.poll();
  expect(feed.revocationOf([WANDA])).toBeUndefined();
});

test('of several the one that is known to be revoked counts, wherever it stands, though nobody knows of the others', async () => {
  const { clock, state, open } = setUp();
  const feed = open();
  await feed.revoke({ what: WANDA, reason: 'gone', until: inAnHour(clock) });
  await feed.poll();
  const [token, agent] = [{ kind: 'token', id: 'a' } as const, { kind: 'agent', id: 'helper' } as const];
  expect(feed.revocationOf([token, WANDA, agent])).toMatchObject({ what: WANDA, reason: 'gone' });
  expect(feed.revocationOf([token, agent])).toBeUndefined();
  state.isDown = true;
  clock.steadyMs += REVOCATION_FEED_AGE_MAX_MS + 1;
  expect(feed.revocationOf([token, agent, WANDA])).toMatchObject({ what: WANDA });
  expect(() => feed.revocationOf([token, agent])).toThrow('nobody knows');
});

test('a feed that was never read lets nobody in', async () => {
  const { open } = setUp();
  expect(() => open().revocationOf([WANDA])).toThrow('nobody knows');
});

test('who was suspended without the log lets nobody in from the first question on, until the log is read again', async () => {
  const { clock, state, open } = setUp();
  const feed = open();
  await feed.poll();
  expect(feed.revocationOf([WANDA])).toBeUndefined();
  state.isDown = true;
  // The monotonic clock stands still meanwhile.
  clock.ms += 3_600_000;
  expect(feed.ageMs).toBe(3_600_000);
  expect(() => feed.revocationOf([WANDA])).toThrow('nobody knows');
  await feed.poll();
  expect(() => feed.revocationOf([WANDA])).toThrow('nobody knows');
  state.isDown = false;
  await feed.poll();
  expect(feed.ageMs).toBe(0);
  expect(feed.revocationOf([WANDA])).toBeUndefined();
});

test('what was asked of the log before a suspend and answered after it is as old as the question', async () => {
  const { clock, open } = setUp();
  const feed = open();
  const polled = feed.poll();
  clock.ms += 3_600_000;
  await polled;
  expect(() => feed.revocationOf([WANDA])).toThrow('nobody knows');
});

test('a clock that is set back makes the feed neither older nor younger', async () => {
  const { clock, state, open } = setUp();
  const feed = open();
  await feed.poll();
  state.isDown = true;
  clock.ms -= 3_600_000;
  expect(feed.ageMs).toBe(0);
  await feed.poll();
  expect(feed.ageMs).toBe(0);
  clock.steadyMs += 31_000;
  clock.ms += 31_000;
  expect(feed.ageMs).toBe(31_000);
  await feed.poll();
  clock.ms -= 3_600_000;
  expect(feed.ageMs).toBe(31_000);
});

test('a clock that is set back after a suspend hides nothing of it', async () => {
  const { clock, state, open } = setUp();
  const feed = open();
  await feed.poll();
  state.isDown = true;
  clock.ms += 3_600_000;
  await feed.poll();
  clock.ms -= 3_600_000;
  expect(feed.ageMs).toBe(3_600_000);
  await feed.poll();
  expect(() => feed.revocationOf([WANDA])).toThrow('nobody knows');
});

test('what ran out by a clock that was wrong is revoked again when the clock is right', async () => {
  const { clock, open } = setUp();
  const feed = open();
  await feed.poll();
  await feed.revoke({ what: WANDA, reason: 'gone', until: inAnHour(clock) });
  clock.ms += 7_200_000;
  await feed.poll();
  expect(feed.revocationOf([WANDA])).toBeUndefined();
  clock.ms -= 7_200_000;
  await feed.poll();
  expect(feed.revocationOf([WANDA])?.reason).toBe('gone');
});

test('a feed does not start on a log that cannot be read', async () => {
  const { state, open } = setUp();
  state.isDown = true;
  await expect(open().start()).rejects.toThrow('down');
});
