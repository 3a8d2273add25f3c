import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openPolicyStore } from './open-policy-store.ts';
import { BASE_POLICY, changedPolicy } from './testing/base-policy.ts';

const dir = mkdtempSync(join(tmpdir(), 'causeway-policy-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** As the kubelet does it: `..data` is a link to a folder, and is replaced whole. */
function mount(version: string, text: string): void {
  mkdirSync(join(dir, version));
  writeFileSync(join(dir, version, 'policy.yaml'), text);
  symlinkSync(version, join(dir, '..next'));
  renameSync(join(dir, '..next'), join(dir, '..data'));
}

test('an edit of a mounted file holds within two seconds, and a bad one leaves the policy as it is', async () => {
  mount('..1', BASE_POLICY);
  symlinkSync(join('..data', 'policy.yaml'), join(dir, 'policy.yaml'));
  const refusals: unknown[] = [];
  const store = await openPolicyStore({
    file: join(dir, 'policy.yaml'),
    revocations: undefined,
    onRefused: (refusal) => refusals.push(refusal),
    onError: (error) => refusals.push(error),
  });
  store.start();
  try {
    mount('..2', changedPolicy(['roles: []', 'roles: [sales]']));
    await expect.poll(() => store.current.policy.revoked.roles, { timeout: 30_000 }).toEqual(['sales']);
    mount('..3', 'version: 2');
    await expect.poll(() => refusals.length, { timeout: 30_000 }).toBe(1);
    expect(store.current.policy.revoked.roles).toEqual(['sales']);
  } finally {
    store.stop();
  }
});
