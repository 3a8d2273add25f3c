import type pg from 'pg';
import { expect, test } from 'vitest';
import { EngineCheck } from './engine-check.ts';
import type { PolicyAccess } from './policy-access.ts';

/** An engine that answers as it is told, and counts how often it was looked at. */
function engine() {
  const state = { digest: 'one', looks: 0, down: false, now: 0, policyDigest: 'one' };
  const query = async (text: string) => {
    if (state.down) throw new Error('down');
    if (text.includes('server_version_num')) {
      state.looks++;
      return { rows: [{ version: 150_000 }] };
    }
    return { rows: text.includes('engine_state') ? [{ digest: state.digest }] : [] };
  };
  const policy = (() => ({ policy: { data: {} }, engineDigest: state.policyDigest })) as unknown as PolicyAccess;
  return { state, check: new EngineCheck({ query } as unknown as pg.Pool, policy, () => state.now) };
}

test('looks before the first call, and once for many at the same time', async () => {
  const { state, check } = engine();
  await Promise.all(Array.from({ length: 20 }, () => check.assertGoverned()));
  await check.assertGoverned();
  expect(state.looks).toBe(1);
});

test('looks again beside the calls after ten seconds, and before them after a minute', async () => {
  const { state, check } = engine();
  await check.assertGoverned();
  state.now = 11_000;
  await check.assertGoverned();
  await check.problems();
  expect(state.looks).toBe(2);
  state.now = 100_000;
  state.down = true;
  await expect(check.assertGoverned()).rejects.toMatchObject({ code: 'upstream_unavailable' });
});

test('a look that went wrong stops the next call', async () => {
  const { state, check } = engine();
  await check.assertGoverned();
  state.now = 11_000;
  state.digest = 'two';
  await check.assertGoverned();
  await check.problems();
  await expect(check.assertGoverned()).rejects.toMatchObject({ code: 'upstream_unavailable' });
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
