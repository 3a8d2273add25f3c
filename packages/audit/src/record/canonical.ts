import { hash } from 'node:crypto';
import { auditRecord, type AuditRecord } from './record.ts';

const COLUMNS = Object.keys(auditRecord.shape) as (keyof AuditRecord)[];
const AT = COLUMNS.indexOf('arguments');

/**
 * RFC 8785: no white space, keys in the order of their UTF-16 code units (§3.2.3), strings and numbers as JSON.stringify writes
 * them (§3.2.2). Objects are put together here, because a JavaScript object moves keys that look like numbers to the front.
 */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(',')}}`;
}

/** The text of a record that is hashed: the same from the producer's memory and from the table's columns. */
export function canonicalRecord(record: AuditRecord): string {
  const values = COLUMNS.map((column) => record[column]);
  // Only the arguments have keys to be sorted. All at once, the rest takes a third of the time.
  const before = JSON.stringify(values.slice(0, AT)).slice(1, -1);
  const behind = JSON.stringify(values.slice(AT + 1)).slice(1);
  return `[${before},${canonical(values[AT])},${behind}`;
}

/** SHA-256 of the canonical text: the leaf that the chain is made of. */
export function leafOf(record: AuditRecord): Buffer {
  return hash('sha256', canonicalRecord(record), 'buffer');
}

/** The chain's next hash. The table computes the same in `audit.append`. */
export function chainHash(previous: Buffer, leaf: Buffer): Buffer {
  return hash('sha256', Buffer.concat([previous, leaf]), 'buffer');
}

/** What the first row of a chain follows. */
export const CHAIN_START: Buffer = Buffer.alloc(32);
