import type pg from 'pg';
import { expect, test } from 'vitest';
import { EngineCheck } from './engine-check.ts';
import type { PolicyAccess } from './policy-access.ts';

/** An engine that answers as it is told, and counts how often it was looked at. */
function engine() {
  const state = { digest: 'one', looks: 0, digestLooks: 0, down: false, now: 0, policyDigest: 'one', adopts: false };
  const query = async (text: string) => {
    if (state.down) throw new Error('down');
    if (text.includes('server_version_num')) {
      state.looks++;
      return { rows: [{ version: 150_000 }] };
    }
    if (!text.includes('engine_state')) return { rows: [] };
    state.digestLooks++;
    return { rows: [{ digest: state.digest }] };
  };
  const policy = (() => ({ policy: { data: {} }, engineDigest: state.policyDigest })) as unknown as PolicyAccess;
  const onEngineDigest = (engineDigest: string) => void (state.adopts && (state.policyDigest = engineDigest));
  const check = new EngineCheck({ query } as unknown as pg.Pool, { policy, onEngineDigest, now: () => state.now });
  return { state, check };
}

test('looks before the first call, and once for many at the same time', async () => {
  const { state, check } = engine();
  await Promise.all(Array.from({ length: 20 }, () => check.assertGoverned()));
  await check.assertGoverned();
  expect(state.looks).toBe(1);
});

test('asks which policy the engine enforces again beside the calls after a second, and before them after one and a half', async () => {
  const { state, check } = engine();
  await check.assertGoverned();
  state.now = 1100;
  state.digest = 'two';
  await check.assertGoverned();
  expect(state.digestLooks).toBe(2);
  await check.problems();
  await expect(check.assertGoverned()).rejects.toMatchObject({ code: 'upstream_unavailable' });
  state.digest = 'one';
  await check.assertGoverned();
  state.now = 3000;
  state.digest = 'two';
  await expect(check.assertGoverned()).rejects.toMatchObject({ code: 'upstream_unavailable' });
});

test('looks at the login again after ten seconds, and whenever health asks', async () => {
  const { state, check } = engine();
  await check.assertGoverned();
  state.now = 9000;
  await check.assertGoverned();
  expect(state.looks).toBe(1);
  await check.problems();
  expect(state.looks).toBe(2);
  state.now = 20_000;
  await check.assertGoverned();
  expect(state.looks).toBe(3);
});

test('an engine that cannot be asked stops the calls', async () => {
  const { state, check } = engine();
  await check.assertGoverned();
  state.now = 3000;
  state.down = true;
  await expect(check.assertGoverned()).rejects.toMatchObject({ code: 'upstream_unavailable' });
});

test('health that asks during a small look waits for a whole one', async () => {
  const { state, check } = engine();
  await check.assertGoverned();
  state.now = 3000;
  await Promise.all([check.assertGoverned(), check.problems()]);
  expect(state.looks).toBe(2);
});

test('who is told what the engine enforces may take that policy before the comparison', async () => {
  const { state, check } = engine();
  await check.assertGoverned();
  state.adopts = true;
  state.digest = 'two';
  state.now = 3000;
  await check.assertGoverned();
  expect(state.policyDigest).toBe('two');
  // The relations to guard may be others now.
  expect(state.looks).toBe(2);
});

test('another policy in force is looked at before its first call', async () => {
  const { state, check } = engine();
  await check.assertGoverned();
  state.policyDigest = 'two';
  await expect(check.assertGoverned()).rejects.toMatchObject({ code: 'upstream_unavailable' });
  state.digest = 'two';
  await check.assertGoverned();
  expect(state.looks).toBe(3);
});
