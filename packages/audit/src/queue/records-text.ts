import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompressSync } from 'node:zlib';

const compress = promisify(zstdCompress);
/** The fastest that is still small: a batch shrinks to a fifth or less, and JSON has nothing to escape in it. */
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Far more than a producer ever closes a segment with. */
const BYTES_MAX = 2 ** 28;

/** The records of a batch as they travel. */
export async function packRecords(lines: Buffer): Promise<string> {
  return (await compress(lines, FAST)).toString('base64');
}

/** The records, one a line. Only for a text whose signature holds. */
export function unpackRecords(text: string): string {
  return zstdDecompressSync(Buffer.from(text, 'base64'), { maxOutputLength: BYTES_MAX }).toString('utf8');
}
