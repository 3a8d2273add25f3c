import { createHash } from 'node:crypto';
import { auditRecord, type AuditRecord } from './record.ts';

const COLUMNS = Object.keys(auditRecord.shape) as (keyof AuditRecord)[];

// RFC 8785 in what matters here: keys sorted by code unit, numbers and strings as JSON.stringify writes them.
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}

/** The text of a record that is hashed: the same from the producer's memory and from the table's columns. */
export function canonicalRecord(record: AuditRecord): string {
  return JSON.stringify(COLUMNS.map((column) => sorted(record[column])));
}

/** SHA-256 of the canonical text: the leaf that the chain is made of. */
export function leafOf(record: AuditRecord): Buffer {
  return createHash('sha256').update(canonicalRecord(record)).digest();
}

/** The chain's next hash. The table computes the same in `audit.append`. */
export function chainHash(previous: Buffer, leaf: Buffer): Buffer {
  return createHash('sha256').update(previous).update(leaf).digest();
}

/** What the first row of a chain follows. */
export const CHAIN_START: Buffer = Buffer.alloc(32);
