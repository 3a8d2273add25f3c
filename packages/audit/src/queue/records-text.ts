import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** The fastest that is still small: a batch shrinks to a fifth or less, and JSON has nothing to escape in it. */
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Far more than a producer ever closes a segment with. */
const BYTES_MAX = 2 ** 28;

/** The records of a batch as they travel. In this turn: what it saves elsewhere is more than it takes, and a thread costs a quarter more. */
export function packRecords(lines: Buffer): string {
  return zstdCompressSync(lines, FAST).toString('base64');
}

/** The records, one a line; `undefined` when it is no such text. Only for one whose signature holds. */
export function unpackRecords(text: string): string[] | undefined {
  try {
    const lines = zstdDecompressSync(Buffer.from(text, 'base64'), { maxOutputLength: BYTES_MAX });
    return lines.toString('utf8').split('\n');
  } catch {
    return undefined;
  }
}
