import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/sample.ts';
import { newSigningKey } from '../testing/signing-key.ts';
import { createHeadSigner, HEAD_TYPE, type HeadSigner, isSignedLine, readHeadKeys } from './head.ts';
import { HeadsFile, keysPath } from './heads-file.ts';
import { checkpointsPath, readHeads, readKeysBeside } from './read-heads.ts';

const at = (chainSeq: number) => ({ chain: 'main', chainSeq, hash: Buffer.alloc(32, chainSeq) });

async function headsFile(changes: Partial<HeadSigner> = {}) {
  const path = join(temporaryFolder(), 'audit', 'heads.jsonl');
  const signer = { ...(await createHeadSigner(newSigningKey())), ...changes };
  const heads = new HeadsFile({ path, signer, now: () => new Date('2026-11-20T12:00:00Z') });
  await heads.prepare();
  return { path, heads, signer };
}

const seqsIn = async (path: string) => (await readHeads(path)).heads.map(({ chain_seq }) => chain_seq);

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
    await heads.anchor(at(3));
    expect(await seqsIn(path)).toEqual([3]);
  });

  test('a line that a crash cut in two is cut off, and the next one is whole', async () => {
    const { path, heads, signer } = await headsFile();
    await heads.anchor(at(1));
    await appendFile(path, (await signer.signHead(at(2), new Date())).slice(0, 60));
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
    const lineOf = (chain: string, chainSeq: number) => signer.signHead({ ...at(1), chain, chainSeq }, new Date(0));
    const main = await Promise.all(Array.from({ length: 101 }, (_, n) => lineOf('main', (n + 50) % 101)));
    await writeFile(path, [...main, await lineOf('other', 7), ''].join('\n'));
    const { heads } = await readHeads(path, 10);
    expect(heads.length).toBeLessThan(15);
    expect(heads.filter(({ chain }) => chain === 'other')).toMatchObject([{ chain_seq: 7 }]);
    expect(Math.max(...heads.map(({ chain_seq: seq }) => seq))).toBe(100);
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
