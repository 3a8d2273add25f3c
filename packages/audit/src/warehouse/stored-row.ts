import { AppError } from '@causeway/core';
import pg from 'pg';
import { auditRecord, type AuditRecord } from '../record/record.ts';
import { BASE } from './audit-names.ts';
import { exactJson } from './exact-json.ts';
import { PRODUCER_COLUMNS } from './tool-calls-table.ts';

/** A row of the trail: the record as it was written down, and its place in the chain. */
export interface StoredRow {
  readonly record: AuditRecord;
  readonly chain: string;
  readonly chainSeq: number;
  readonly prevHash: Buffer;
  readonly hash: Buffer;
  readonly storedAt: string;
}

const utc = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ${column}`;

function selected(name: string): string {
  if (name === 'occurred_at') return utc(name);
  return name === 'arguments' ? 'arguments::text AS arguments' : name;
}

// Text of our own making where the server's settings could change how a value looks.
const SELECT_LIST = [
  ...Object.keys(PRODUCER_COLUMNS).map(selected),
  'chain',
  'chain_seq',
  'prev_hash',
  'hash',
  utc('stored_at'),
].join(', ');

export interface RowQuery {
  /** SQL of our own, over the table's columns, with `$1` and so on. */
  readonly where: string;
  readonly values: readonly unknown[];
  readonly order: string;
  readonly limit?: number;
}

const PAGE = 1000;

/** Rows in one snapshot, a page at a time, so that memory stays flat however many there are. */
export async function* streamRows(client: pg.ClientBase, query: RowQuery): AsyncGenerator<StoredRow> {
  const { where, values, order, limit } = query;
  const text = `SELECT ${SELECT_LIST} FROM ${BASE}.tool_calls WHERE ${where} ORDER BY ${order}`;
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    await client.query(`DECLARE rows NO SCROLL CURSOR FOR ${text}${limit === undefined ? '' : ` LIMIT ${limit}`}`, [
      ...values,
    ]);
    for (;;) {
      const { rows } = await client.query<Record<string, unknown>>(`FETCH ${PAGE} FROM rows`);
      for (const row of rows) yield toStoredRow(row);
      if (rows.length < PAGE) return;
    }
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

const COLUMNS = Object.keys(auditRecord.shape);
const NUMBERS = new Set(['rows_returned', 'producer_seq']);

function toStoredRow(row: Record<string, unknown>): StoredRow {
  const value = (name: string) => {
    const found = row[name];
    if (found === null) return null;
    if (name === 'arguments' && typeof found === 'string') return exactJson(found);
    return NUMBERS.has(name) ? Number(found) : found;
  };
  return {
    // Not parsed: an altered row may break every rule, and must still be read to be named.
    record: Object.fromEntries(COLUMNS.map((name) => [name, value(name)])) as AuditRecord,
    chain: String(row['chain']),
    chainSeq: Number(row['chain_seq']),
    prevHash: row['prev_hash'] as Buffer,
    hash: row['hash'] as Buffer,
    storedAt: String(row['stored_at']),
  };
}

/** A connection as the reader, for the time of `work`. */
export async function withReader<T>(url: string, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'causeway audit',
    options: '-c extra_float_digits=1',
  });
  client.on('error', () => undefined);
  await client.connect().catch((error: unknown) => {
    throw new AppError(
      'upstream_unavailable',
      `the warehouse cannot be reached: ${error instanceof Error ? error.message : ''}`,
      {
        cause: error,
      },
    );
  });
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
