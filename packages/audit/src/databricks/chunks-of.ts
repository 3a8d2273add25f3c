import type { AuditRecord } from '../record/record.ts';

/** The API takes 16 MiB of statement; what its values may have is written nowhere, and half of it is used. */
const BYTES_MAX = 4 * 1024 * 1024;
const RECORDS_MAX = 2000;

/** Records in order, in parts that fit into one statement. */
export function chunksOf(
  records: readonly AuditRecord[],
  { bytesMax = BYTES_MAX, recordsMax = RECORDS_MAX }: { readonly bytesMax?: number; readonly recordsMax?: number } = {},
): readonly (readonly AuditRecord[])[] {
  const chunks: AuditRecord[][] = [];
  let bytes = 0;
  for (const record of records) {
    const size = Buffer.byteLength(JSON.stringify(record));
    const chunk = chunks.at(-1);
    bytes += size;
    if (chunk === undefined || bytes > bytesMax || chunk.length >= recordsMax) {
      chunks.push([record]);
      bytes = size;
    } else {
      chunk.push(record);
    }
  }
  return chunks;
}
