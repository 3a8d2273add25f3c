import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readPolicyFile, resolvePolicyFile } from './policy-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'causeway-policy-'));
afterAll(() => rmSync(dir, { recursive: true }));

test('a swapped link is followed, as Kubernetes swaps mounted files', async () => {
  const path = (name: string) => join(dir, name);
  writeFileSync(path('one'), 'version: 1');
  writeFileSync(path('two'), 'version: 2');
  symlinkSync(path('one'), path('policy.yaml'));
  expect(await readPolicyFile(path('policy.yaml'))).toBe('version: 1');
  symlinkSync(path('two'), path('next'));
  renameSync(path('next'), path('policy.yaml'));
  expect(await readPolicyFile(path('policy.yaml'))).toBe('version: 2');
});

test('a file that is too large or is not text is not read', async () => {
  writeFileSync(join(dir, 'large'), 'x'.repeat(3 * 1024 * 1024));
  writeFileSync(join(dir, 'binary'), Buffer.from([0x61, 0xff, 0xfe]));
  await expect(readPolicyFile(join(dir, 'large'))).rejects.toMatchObject({ code: 'EFBIG' });
  await expect(readPolicyFile(join(dir, 'binary'))).rejects.toMatchObject({
    code: 'ERR_ENCODING_INVALID_ENCODED_DATA',
  });
});

test('files that a policy names count from its folder', () => {
  expect(resolvePolicyFile({ file: '/etc/causeway/policy.yaml' }, '../keys/a.pem')).toBe('/etc/keys/a.pem');
  expect(resolvePolicyFile({ file: '/etc/causeway/policy.yaml' }, '/run/secrets/a')).toBe('/run/secrets/a');
});
