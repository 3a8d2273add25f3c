import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { newSigningKey } from '../testing/signing-key.ts';
import { createHeadSigner, HEAD_TYPE, isSignedLine, readHeadKeys } from './head.ts';
import type { ChainRun } from './chain-run.ts';
import { HeadsFile } from './heads-file.ts';
import { checkpointsPath, keysPath } from './heads-paths.ts';
import { readHeads, readKeysBeside } from './read-heads.ts';

/** Rows of which each has its number as its hash. */
const rows = (from: number, chainSeq = from): ChainRun => ({
  chain: 'main',
  from,
  prevHash: Buffer.alloc(32, from - 1),
  chainSeq,
  hash: Buffer.alloc(32, chainSeq),
});
const at = (from: number, chainSeq = from) => ({ appended: [rows(from, chainSeq)], found: [] });

async function headsFile() {
  const path = join(temporaryFolder(), 'audit', 'heads.jsonl');
  const signer = await createHeadSigner(newSigningKey());
  const heads = new HeadsFile({ path, signer, now: () => new Date('2026-11-20T12:00:00Z') });
  await heads.prepare();
  return { path, heads, signer };
}

const seqsIn = async (path: string) => (await readHeads(path)).heads.map(({ chain_seq }) => chain_seq);

const runsIn = async (path: string) => (await readHeads(path)).runs.map(({ from, chain_seq }) => [from, chain_seq]);

describe('what a head vouches for', () => {
  test('a batch that follows makes the run longer, across a restart too', async () => {
    const { path, heads, signer } = await headsFile();
    await heads.anchor(at(1, 3));
    await heads.anchor(at(4, 5));
    const restarted = new HeadsFile({ path, signer });
    await restarted.prepare();
    await restarted.anchor(at(6, 9));
    expect(await runsIn(path)).toEqual([[1, 9]]);
  });

  test('rows that it did not hand in are in no run', async () => {
    const { path, heads } = await headsFile();
    await heads.anchor(at(1, 3));
    await heads.anchor(at(5, 6));
    await heads.anchor(at(7, 8));
    expect(await runsIn(path)).toEqual([
      [1, 3],
      [5, 8],
    ]);
  });

  test('a batch whose numbers fit and whose hash does not begins a run', async () => {
    const { path, heads } = await headsFile();
    await heads.anchor(at(1, 3));
    await heads.anchor({ appended: [{ ...rows(4), prevHash: Buffer.alloc(32, 9) }], found: [] });
    expect(await runsIn(path)).toEqual([
      [1, 3],
      [4, 4],
    ]);
  });

  test('batches of which the later is heard of first are one run in the end', async () => {
    const { path, heads } = await headsFile();
    await heads.anchor(at(1, 3));
    await heads.anchor(at(7, 9));
    await heads.anchor(at(4, 6));
    expect(await seqsIn(path)).toEqual([3, 9, 9]);
    expect((await runsIn(path))[0]).toEqual([1, 9]);
  });

  test('rows that were there, stored before a crash, are signed and close the hole', async () => {
    const { path, heads } = await headsFile();
    await heads.anchor(at(1, 3));
    await heads.anchor({ appended: [rows(6)], found: [rows(4, 5)] });
    expect(await runsIn(path)).toEqual([[1, 6]]);
  });

  test('a head that another key signed is not continued: nobody else’s word becomes the worker’s own', async () => {
    const { path } = await headsFile();
    const forger = await createHeadSigner(newSigningKey());
    await writeFile(path, `${await forger.signHead(rows(1, 3), new Date(0))}\n`);
    const heads = new HeadsFile({ path, signer: await createHeadSigner(newSigningKey()) });
    await heads.prepare();
    await heads.anchor(at(4, 5));
    expect(await runsIn(path)).toEqual([
      [1, 3],
      [4, 5],
    ]);
  });

  test('new rows with numbers that were signed for others are said loudly, once, also after a restart', async () => {
    const { path, heads, signer } = await headsFile();
    await heads.anchor(at(1, 9));
    const setBack: number[] = [];
    const restarted = new HeadsFile({ path, signer, onSetBack: ({ from }) => setBack.push(from) });
    await restarted.prepare();
    await restarted.anchor(at(5, 6));
    await restarted.anchor(at(7, 8));
    expect(setBack).toEqual([5]);
    expect(await runsIn(path)).toEqual([
      [1, 9],
      [5, 8],
    ]);
  });
});

describe('heads of rows that retention took away', () => {
  test('are dropped, those of rows that are left are kept, and the worker goes on', async () => {
    const { path, heads } = await headsFile();
    for (const n of [1, 2, 3, 4]) await heads.anchor(at(n));
    await Promise.all([heads.forget({ chain: 'main', upTo: 2 }), heads.anchor(at(5))]);
    expect(await seqsIn(path)).toEqual([3, 4, 5]);
    await heads.forget({ chain: 'other', upTo: 9 });
    await heads.anchor(at(6));
    expect(await seqsIn(path)).toEqual([3, 4, 5, 6]);
    expect(await runsIn(path)).toEqual([[1, 6]]);
  });

  test('a file that cannot be put in its place leaves the old one whole', async () => {
    const { path, heads } = await headsFile();
    await heads.anchor(at(1));
    await mkdir(`${path}.new`);
    await expect(heads.forget({ chain: 'main', upTo: 1 })).rejects.toThrow('EISDIR');
    expect(await seqsIn(path)).toEqual([1]);
    await heads.anchor(at(2));
    expect(await seqsIn(path)).toEqual([1, 2]);
  });
});

describe('the heads file', () => {
  test('holds signed heads that any JOSE library can check with the key beside it', async () => {
    const { path, heads } = await headsFile();
    await heads.anchor(at(1));
    const [head] = (await readHeads(path)).heads;
    expect(head).toMatchObject({ chain: 'main', chain_seq: 1, hash: '01'.repeat(32), at: '2026-11-20T12:00:00.000Z' });
    expect(await isSignedLine(head?.line ?? '', HEAD_TYPE, await readKeysBeside(path))).toBe(true);
    const stranger = await readHeadKeys(JSON.stringify((await createHeadSigner(newSigningKey())).publicJwk));
    expect(await isSignedLine(head?.line ?? '', HEAD_TYPE, stranger)).toBe(false);
    expect(await isSignedLine(head?.line ?? '', 'causeway-audit-checkpoint', await readKeysBeside(path))).toBe(false);
  });

  test('heads that come at once are one line, the furthest', async () => {
    const { path, heads } = await headsFile();
    await Promise.all([heads.anchor(at(5)), heads.anchor(at(7)), heads.anchor(at(6))]);
    expect(await seqsIn(path)).toEqual([7]);
  });

  test('a head that comes in the moment in which another is answered is written', async () => {
    const { path, heads } = await headsFile();
    await heads.anchor(at(1));
    await heads.anchor(at(2));
    expect(await seqsIn(path)).toEqual([1, 2]);
  });

  test('the same head again, as after a crash before the receipt, is no second line', async () => {
    const { path, heads } = await headsFile();
    await heads.anchor(at(3));
    await heads.anchor({ appended: [], found: [rows(3)] });
    expect(await seqsIn(path)).toEqual([3]);
  });

  test('a line that a crash cut in two is cut off, and the next one is whole', async () => {
    const { path, heads, signer } = await headsFile();
    await heads.anchor(at(1));
    await appendFile(path, (await signer.signHead(rows(2), new Date())).slice(0, 60));
    const next = new HeadsFile({ path, signer });
    await next.anchor(at(3));
    expect(await readHeads(path)).toMatchObject({ unreadable: 0, heads: [{ chain_seq: 1 }, { chain_seq: 3 }] });
  });

  test('half a line that is long, as a checkpoint may be, is cut off as a whole', async () => {
    const { path, heads, signer } = await headsFile();
    await heads.anchor(at(1));
    await appendFile(path, 'x'.repeat(200_000));
    await new HeadsFile({ path, signer }).anchor(at(2));
    expect(await readHeads(path)).toMatchObject({ unreadable: 0, heads: [{ chain_seq: 1 }, { chain_seq: 2 }] });
  });

  test('of very many heads some are read: the furthest of each chain always', async () => {
    const { path, signer } = await headsFile();
    const lineOf = (chain: string, chainSeq: number) => signer.signHead({ ...rows(1), chain, chainSeq }, new Date(0));
    const main = await Promise.all(Array.from({ length: 101 }, (_, n) => lineOf('main', ((n + 50) % 101) + 1)));
    await writeFile(path, [...main, await lineOf('other', 7), ''].join('\n'));
    const { heads, runs } = await readHeads(path, 10);
    expect(heads.length).toBeLessThan(15);
    expect(heads.filter(({ chain }) => chain === 'other')).toMatchObject([{ chain_seq: 7 }]);
    expect(runs).toMatchObject([{ chain: 'main', chain_seq: 101 }, { chain: 'other' }]);
  });

  test('a file that is nothing but half a line', async () => {
    const { path, heads } = await headsFile();
    await writeFile(path, 'half');
    await heads.anchor(at(1));
    expect(await readHeads(path)).toMatchObject({ unreadable: 0, heads: [{ chain_seq: 1 }] });
  });

  test('a head that cannot be written is an error for all who wait, and is written when it can be', async () => {
    const { path, heads } = await headsFile();
    await mkdir(path);
    await expect(Promise.all([heads.anchor(at(1)), heads.anchor(at(2))])).rejects.toThrow('EISDIR');
    await rm(path, { recursive: true });
    await heads.anchor(at(2));
    expect(await seqsIn(path)).toEqual([2]);
  });

  test('a file that was taken away is begun anew', async () => {
    const { path, heads } = await headsFile();
    await heads.anchor(at(1));
    await rm(path);
    await heads.anchor(at(2));
    expect(await seqsIn(path)).toEqual([2]);
  });

  test('the keys beside it are all that it was ever signed with', async () => {
    const { path, heads } = await headsFile();
    await heads.anchor(at(1));
    const signer = await createHeadSigner(newSigningKey());
    const rotated = new HeadsFile({ path, signer });
    await rotated.prepare();
    await rotated.prepare();
    await rotated.anchor(at(2));
    const keys = await readKeysBeside(path);
    expect(keys.size).toBe(2);
    for (const { line } of (await readHeads(path)).heads) expect(await isSignedLine(line, HEAD_TYPE, keys)).toBe(true);
    expect(await readFile(keysPath(path), 'utf8')).not.toContain('"d"');
  });

  test('checkpoints stand in a file of their own, and are read with it', async () => {
    const { path, heads, signer } = await headsFile();
    await heads.anchor(at(1));
    const checkpoints = new HeadsFile({ path: await checkpointsPath(path), signer });
    await checkpoints.prepare();
    await checkpoints.writeCheckpoint({
      chain: 'main',
      retired: [],
      months: ['2026_01'],
      at: new Date(0).toISOString(),
    });
    expect(await readHeads(path)).toMatchObject({ heads: [{ chain_seq: 1 }], checkpoints: [{ months: ['2026_01'] }] });
  });

  test.each(['', 'not a key', newSigningKey().slice(0, 80)])(
    'a signing key that is none is refused, and not quoted',
    async (pem) => {
      await expect(createHeadSigner(pem)).rejects.toThrow('the audit signing key must be a private P-256 key in PEM');
    },
  );
});
