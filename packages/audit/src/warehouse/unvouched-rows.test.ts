import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { newSigningKey } from '../testing/signing-key.ts';
import type { ChainRun } from './chain-run.ts';
import { createHeadSigner } from './head.ts';
import { HeadsFile } from './heads-file.ts';
import { UnvouchedRowsWatch } from './unvouched-rows.ts';

const run = (from: number, chainSeq: number): ChainRun => ({
  chain: 'main',
  from,
  prevHash: Buffer.alloc(32, from - 1),
  chainSeq,
  hash: Buffer.alloc(32, chainSeq),
});

async function watched() {
  const dir = temporaryFolder();
  const signer = await createHeadSigner(newSigningKey());
  const fileOf = async (name: string) => {
    const file = new HeadsFile({ path: join(dir, name), signer });
    await file.prepare();
    return file;
  };
  let now = 0;
  const clock = () => now;
  const watch = () => new UnvouchedRowsWatch(join(dir, 'one.jsonl'), clock);
  const own = await fileOf('one.jsonl');
  const store = (...runs: readonly [number, number][]) =>
    own.anchor({ appended: runs.map(([from, to]) => run(from, to)), found: [] });
  return { dir, signer, fileOf, own, store, watch, pass: (ms: number) => (now += ms) };
}

test('rows between those of workers that nobody signed are told when they stay so', async () => {
  const { store, watch, pass } = await watched();
  const rows = watch();
  await store([1, 3]);
  await rows.scan();
  await store([5, 6]);
  await rows.scan();
  expect(rows.olderThan(60_000)).toEqual([]);
  pass(60_000);
  await store([7, 9]);
  await rows.scan();
  expect(rows.olderThan(60_000)).toEqual([{ chain: 'main', first: 4, last: 4, since: 0 }]);
});

test('what another worker of the folder signed is none of them, in whatever order it is read', async () => {
  const { store, watch, pass, fileOf } = await watched();
  const rows = watch();
  await store([1, 3], [7, 9]);
  await rows.scan();
  await (await fileOf('another.jsonl')).anchor({ appended: [run(4, 6)], found: [] });
  pass(60_000);
  await rows.scan();
  expect(rows.olderThan(0)).toEqual([]);
});

test('a restart does not make it forget, for the heads do not', async () => {
  const { store, watch, pass } = await watched();
  await store([1, 3], [5, 6]);
  const rows = watch();
  await rows.scan();
  pass(60_000);
  await rows.scan();
  expect(rows.olderThan(60_000)).toMatchObject([{ first: 4, last: 4 }]);
});

test('rows that a genuine checkpoint retired need no heads; a forged one changes nothing', async () => {
  const { dir, signer, store, watch } = await watched();
  await store([4, 9]);
  const forger = await createHeadSigner(newSigningKey());
  const retired = [{ first: 1, last: 3, hash: '00'.repeat(32) }];
  const checkpoint = { chain: 'main', retired, months: [], at: new Date(0).toISOString() };
  const file = join(dir, 'one.jsonl.checkpoints.jsonl');
  await new HeadsFile({ path: file, signer }).prepare();
  await appendFile(file, `${await forger.signCheckpoint(checkpoint)}\n`);
  const rows = watch();
  await rows.scan();
  expect(rows.olderThan(0)).toMatchObject([{ first: 1, last: 3 }]);
  expect(rows.retired).toEqual([]);
  await appendFile(file, `${await signer.signCheckpoint(checkpoint)}\n`);
  await rows.scan();
  expect(rows.olderThan(0)).toEqual([]);
  expect(rows.retired).toEqual([{ chain: 'main', upTo: 3 }]);
});

test('rows that somebody accepted are told no more; by a forged signature they are', async () => {
  const { dir, signer, store, watch } = await watched();
  await store([1, 3], [5, 6]);
  const accepted = [{ first: 4, last: 4, hash: '00'.repeat(32), by: 'olivia', reason: 'heads were lost' }];
  const checkpoint = { chain: 'main', retired: [], accepted, months: [], at: new Date(0).toISOString() };
  const file = join(dir, 'one.jsonl.checkpoints.jsonl');
  await new HeadsFile({ path: file, signer }).prepare();
  const forger = await createHeadSigner(newSigningKey());
  await appendFile(file, `${await forger.signCheckpoint(checkpoint)}\n`);
  const rows = watch();
  await rows.scan();
  expect(rows.olderThan(0)).toMatchObject([{ first: 4, last: 4 }]);
  await appendFile(file, `${await signer.signCheckpoint(checkpoint)}\n`);
  await rows.scan();
  expect(rows.olderThan(0)).toEqual([]);
});

test('a line that is still being written is read when it is whole', async () => {
  const { dir, signer, store, watch } = await watched();
  await store([1, 3]);
  const rows = watch();
  const line = await signer.signHead(run(5, 6), new Date(0));
  await appendFile(join(dir, 'one.jsonl'), line.slice(0, 40));
  await rows.scan();
  await appendFile(join(dir, 'one.jsonl'), `${line.slice(40)}\n`);
  await rows.scan();
  expect(rows.olderThan(0)).toMatchObject([{ first: 4, last: 4 }]);
});
