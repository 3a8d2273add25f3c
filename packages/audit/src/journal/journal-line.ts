import { crc32 } from 'node:zlib';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const SUM_CHARS = 8;
const NO_TRACE = '-';

const checksum = (bytes: Buffer | string): string => crc32(bytes).toString(16).padStart(SUM_CHARS, '0');

export interface JournalEntry {
  /** The record as JSON, in the bytes of the segment. */
  readonly json: Buffer;
  /** The `traceparent` of the event, when it is being traced. */
  readonly trace: string | undefined;
}

/** One line of a journal segment: CRC-32 of the rest, the trace, the record as JSON. */
export function journalLine(json: string, trace: string = NO_TRACE): string {
  const rest = `${trace} ${json}`;
  return `${checksum(rest)} ${rest}\n`;
}

/** The sound lines of a segment: those that end, and whose checksum holds. What a crash tore or a disk spoiled is left out. */
export function readSegment(bytes: Buffer): JournalEntry[] {
  const entries: JournalEntry[] = [];
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end === -1) return entries;
    const entry = readLine(bytes.subarray(start, end));
    if (entry !== undefined) entries.push(entry);
    start = end + 1;
  }
}

function readLine(line: Buffer): JournalEntry | undefined {
  const sum = line.toString('latin1', 0, SUM_CHARS + 1);
  const rest = line.subarray(SUM_CHARS + 1);
  if (sum !== `${checksum(rest)} `) return undefined;
  const space = rest.indexOf(SPACE);
  const trace = rest.toString('latin1', 0, space);
  return { json: rest.subarray(space + 1), trace: trace === NO_TRACE ? undefined : trace };
}
