import { auditRecord, type AuditRecord } from '../record/record.ts';
import type { StoredRow } from '../warehouse/stored-row.ts';
import type { TrailRows } from '../warehouse/trail-rows.ts';
import { DELTA_COLUMNS } from './delta-schema.ts';
import type { SqlStatements, WarehouseRow, WarehouseStatement } from './sql-statements.ts';

const PAGE = 1000;

/** Moments as microseconds: no time zone, no format, and an edit of what a record's milliseconds do not show is seen too. */
const COLUMNS = [
  ...Object.entries(DELTA_COLUMNS).map(([name, type]) => selected(name, type)),
  'chain',
  'chain_seq',
  'prev_hash',
  'hash',
  selected('stored_at', 'TIMESTAMP'),
].join(', ');

function selected(name: string, type: string): string {
  if (type === 'TIMESTAMP') return `unix_micros(${name}) AS ${name}`;
  return type.startsWith('ARRAY') ? `to_json(${name}) AS ${name}` : name;
}

/** The trail in a Delta table, a page at a time. */
export function deltaTrailRows(statements: SqlStatements, base: string): TrailRows {
  return {
    async chains() {
      const rows = await statements.run({
        name: 'audit chains',
        text: `SELECT coalesce(chain, '') AS chain FROM ${base}.tool_calls UNION SELECT chain FROM ${base}.retired_chains`,
        values: {},
      });
      return rows.flatMap(({ chain }) => (chain == null ? [] : [chain])).toSorted();
    },
    async *rows(chain, after) {
      let page: readonly StoredRow[] = [];
      do {
        const last = page.at(-1);
        page = (await statements.run(pageAfter({ base, chain, after }, last))).map(toStoredRow);
        yield* isSamePlace(page[0], last) ? page.slice(1) : page;
      } while (page.length === PAGE);
    },
  };
}

const isSamePlace = (row: StoredRow | undefined, last: StoredRow | undefined): boolean =>
  last !== undefined && row?.chainSeq === last.chainSeq && row.record.event_id === last.record.event_id;

interface Place {
  readonly base: string;
  readonly chain: string;
  readonly after: number | undefined;
}

function pageAfter({ base, chain, after }: Place, last: StoredRow | undefined): WarehouseStatement {
  const behind =
    last === undefined
      ? { where: after === undefined ? '' : 'AND chain_seq > :seq', values: after === undefined ? {} : { seq: after } }
      : {
          // From the last row on, and not behind it: Delta has no unique keys, and a copy of it must be seen.
          where: 'AND (chain_seq > :seq OR (chain_seq = :seq AND event_id >= :id))',
          values: { seq: last.chainSeq, id: last.record.event_id },
        };
  return {
    name: 'audit rows',
    text: `SELECT ${COLUMNS} FROM ${base}.tool_calls WHERE coalesce(chain, '') = :chain ${behind.where}
ORDER BY chain_seq, event_id LIMIT ${PAGE}`,
    values: { chain, ...behind.values },
  };
}

function toStoredRow(row: WarehouseRow): StoredRow {
  const record = Object.fromEntries(
    Object.keys(auditRecord.shape).map((name) => [name, valueOf(name, row[name] ?? null)]),
  );
  return {
    // Not parsed: an altered row may break every rule, and must still be read to be named.
    record: record as AuditRecord,
    chain: row['chain'] ?? '',
    chainSeq: Number(row['chain_seq']),
    prevHash: Buffer.from(row['prev_hash'] ?? '', 'hex'),
    hash: Buffer.from(row['hash'] ?? '', 'hex'),
    storedAt: momentOf(row['stored_at'] ?? ''),
  };
}

const NUMBERS = new Set(['rows_returned', 'producer_seq', 'latency_ms']);
function valueOf(name: string, text: string | null): unknown {
  if (text === null) return null;
  if (name === 'occurred_at') return momentOf(text);
  if (NUMBERS.has(name)) return Number(text);
  if (name === 'masked_columns') return parsed(text);
  return name === 'arguments' ? argumentsOf(text) : text;
}

/** They are stored as JavaScript writes them. Text that is not, such as one with a key twice, is an edit, although it may read the same. */
function argumentsOf(text: string): unknown {
  const value = parsed(text);
  return JSON.stringify(value) === text ? value : text;
}

/** As a record has it. A moment with microseconds is none of a record's, and keeps them. */
function momentOf(micros: string): string {
  const ms = Number(micros.slice(0, -3));
  const rest = micros.slice(-3);
  const moment = Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : micros;
  return rest === '000' ? moment : `${moment}+${rest}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
