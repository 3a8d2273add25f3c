import { Secret } from '@causeway/core';
import { demoPolicy } from '@causeway/platform/testing';
import type { PolicyDocument } from '@causeway/policy';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openState } from '../state/open-state.ts';
import { startTestRedis, type TestRedis } from '@causeway/audit/testing';
import { openTokenLimits, type TokenLimits } from './token-limits.ts';

let postgres: TestPostgres;
let redis: TestRedis;
let demo: PolicyDocument;
beforeAll(async () => {
  [postgres, redis, demo] = await Promise.all([startTestPostgres('embedded'), startTestRedis(), demoPolicy()]);
});
afterAll(() => Promise.all([postgres?.stop(), redis?.stop()]));

const limited = (limit: number): PolicyDocument => ({
  ...demo,
  policy: { ...demo.policy, limits: { ...demo.policy.limits, tokenRequestsPerMinutePerSubject: limit } },
});

const report = () => undefined;
const LOCATIONS = {
  postgres: async () => ({ stateDatabaseUrl: new Secret(postgres.urlOf(await postgres.createDatabase())) }),
  redis: () => Promise.resolve({ redisUrl: new Secret(redis.urlOf('portal')) }),
};

/** Two replicas that start at the same moment. */
async function openReplicas(kind: keyof typeof LOCATIONS, document: () => PolicyDocument) {
  const location = await LOCATIONS[kind]();
  const states = await Promise.all([openState(location, report), openState(location, report)]);
  const limits = await Promise.all(states.map(({ client }) => openTokenLimits(client, document)));
  const close = () => Promise.all(states.map((state) => state.close()));
  return { limits, close, subject: crypto.randomUUID() };
}

async function granted(replicas: readonly TokenLimits[], subject: string, requests: number): Promise<number> {
  const each = Array.from({ length: requests }, async (_, n) =>
    replicas[n % replicas.length]?.count('subject', subject),
  );
  const results = await Promise.allSettled(each);
  const refused = results.filter((result) => result.status === 'rejected');
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'rate_limited' });
  return requests - refused.length;
}

describe.each(['postgres', 'redis'] as const)('on %s, over two replicas', (kind) => {
  test('a small limit is exact, and says how long to wait', async () => {
    const { limits, close, subject } = await openReplicas(kind, () => limited(50));
    expect(await granted(limits, subject, 120)).toBe(50);
    const refusal: unknown = await limits[0]?.count('subject', subject).catch((error: unknown) => error);
    const { retryAfterMs = 0 } = refusal as { retryAfterMs?: number };
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    expect(await granted(limits, `${subject} another`, 1)).toBe(1);
    await close();
  });

  test('a large one is never exceeded, and missed by two hundredths for each replica at most', async () => {
    const { limits, close, subject } = await openReplicas(kind, () => limited(2000));
    const count = await granted(limits, subject, 5000);
    expect(count).toBeLessThanOrEqual(2000);
    expect(count).toBeGreaterThanOrEqual(2000 * 0.96);
    await close();
  });

  test('a limit that the policy changes counts anew', async () => {
    let limit = 3;
    const { limits, close, subject } = await openReplicas(kind, () => limited(limit));
    expect(await granted(limits, subject, 10)).toBe(3);
    limit = 5;
    expect(await granted(limits, subject, 10)).toBe(5);
    await close();
  });
});

test('while the store is away each replica counts for itself', async () => {
  const away = await startTestRedis();
  const location = { redisUrl: new Secret(away.url) };
  const state = await openState(location, report);
  const limits = await openTokenLimits(state.client, () => limited(4));
  await away.stop();
  expect(await granted([limits], 'somebody', 10)).toBe(4);
  await state.close();
});
