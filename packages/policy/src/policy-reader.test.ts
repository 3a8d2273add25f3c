import { type BigIntStats, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readPolicyFile } from './policy-file.ts';
import { createPolicyReader } from './policy-reader.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-policy-'));
  file = join(folder, 'policy.yaml');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Long after the file was written. */
const later = () => Date.now() + 60_000;
const real = { look: (name: string) => stat(name, { bigint: true }), read: readPolicyFile };

test('an edit is read, also one that keeps the size and sets the time back', async () => {
  const read = createPolicyReader({ ...real, now: later });
  writeFileSync(file, 'one');
  utimesSync(file, 1, 1);
  expect([await read(file), await read(file)]).toEqual(['one', 'one']);
  writeFileSync(file, 'two');
  utimesSync(file, 1, 1);
  expect(await read(file)).toBe('two');
});

test('another file under the same name is read, also through a link', async () => {
  const read = createPolicyReader({ ...real, now: later });
  writeFileSync(join(folder, 'a'), 'one');
  writeFileSync(join(folder, 'b'), 'two');
  symlinkSync('a', file);
  expect(await read(file)).toBe('one');
  symlinkSync('b', `${file}.next`);
  renameSync(`${file}.next`, file);
  expect(await read(file)).toBe('two');
});

test('what was changed a moment ago is read again, for its time may not tell the next change', async () => {
  const changedAt = 1_000_000;
  const texts = ['one', 'two', 'three'];
  let nowMs = changedAt + 1;
  const look = async () => ({ ino: 1n, ctimeMs: BigInt(changedAt) }) as BigIntStats;
  const read = createPolicyReader({ now: () => nowMs, look, read: async () => texts.shift() ?? '' });
  expect([await read(file), await read(file)]).toEqual(['one', 'two']);
  nowMs += 60_000;
  expect([await read(file), await read(file)]).toEqual(['three', 'three']);
});

test('a file that is gone is an error, each time, and is read again when it is back', async () => {
  const read = createPolicyReader({ ...real, now: later });
  writeFileSync(file, 'one');
  expect(await read(file)).toBe('one');
  rmSync(file);
  await expect(read(file)).rejects.toMatchObject({ code: 'ENOENT' });
  writeFileSync(file, 'two');
  expect(await read(file)).toBe('two');
});
