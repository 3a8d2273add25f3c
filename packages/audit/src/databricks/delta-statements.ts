import type { AuditRecord } from '../record/record.ts';
import { CHAIN_COLUMNS, DELTA_COLUMNS } from './delta-schema.ts';
import type { WarehouseStatement } from './sql-statements.ts';

/** A record with its place in the chain. */
export interface ChainedRecord {
  readonly record: AuditRecord;
  readonly month: string;
  readonly chain: string;
  readonly chainSeq: number;
  readonly prevHash: Buffer;
  readonly hash: Buffer;
}

const NAMES = Object.keys(DELTA_COLUMNS);
const COLUMNS = [...NAMES, ...Object.keys(CHAIN_COLUMNS), 'month'];

/** As they stand in the JSON: the moment is text there, and becomes one in the statement, whatever the warehouse's time zone is. */
const JSON_TYPE = `array<struct<${Object.entries({ ...DELTA_COLUMNS, ...CHAIN_COLUMNS, month: 'STRING' })
  .map(([name, type]) => `${name}: ${type === 'TIMESTAMP' ? 'STRING' : type}`)
  .join(', ')}>>`;

/** FAILFAST: else what does not fit becomes NULL, and nobody hears of it. */
const SOURCE = `SELECT r.* FROM (SELECT explode(from_json(:batch, '${JSON_TYPE}', map('mode', 'FAILFAST'))) AS r)`;

const values = COLUMNS.map((name) => (name === 'occurred_at' ? 'to_timestamp(s.occurred_at)' : `s.\`${name}\``)).join(
  ', ',
);

/**
 * All of them or none, in one commit. Every source row matches when any row of the table has one of the ids, or a number in the chain that is not below the
 * batch's first: then nothing is inserted. So an event is never stored twice, and nobody goes on from a place where the chain is not any more.
 */
export function mergeRows(base: string, rows: readonly ChainedRecord[]): WarehouseStatement {
  const ids = rows.map(({ record }) => record.event_id);
  const [first] = rows;
  return {
    name: 'audit merge',
    text: `MERGE INTO ${base}.tool_calls AS t USING (${SOURCE}) AS s
ON (${AMONG_IDS}) OR (t.chain = :chain AND t.chain_seq >= :first_seq)
WHEN NOT MATCHED THEN INSERT (${COLUMNS.map((name) => `\`${name}\``).join(', ')}, stored_at) VALUES (${values}, current_timestamp())`,
    values: {
      batch: JSON.stringify(rows.map(rowJson)),
      ...idValues(ids),
      chain: first?.chain ?? '',
      first_seq: first?.chainSeq ?? 0,
    },
  };
}

/** The span of the ids leaves nearly all files of the table unread: they are in order of time. */
const AMONG_IDS = `t.event_id BETWEEN :first_id AND :last_id AND array_contains(from_json(:ids, 'array<string>'), t.event_id)`;

function idValues(ids: readonly string[]) {
  const sorted = ids.toSorted();
  return { ids: JSON.stringify(ids), first_id: sorted[0] ?? '', last_id: sorted.at(-1) ?? '' };
}

function rowJson({ record, month, chain, chainSeq, prevHash, hash }: ChainedRecord) {
  return {
    ...record,
    arguments: record.arguments === null ? null : JSON.stringify(record.arguments),
    chain,
    chain_seq: chainSeq,
    prev_hash: prevHash.toString('hex'),
    hash: hash.toString('hex'),
    month,
  };
}

const PLACE = 't.event_id, t.producer, t.producer_seq, t.chain, t.chain_seq, t.prev_hash, t.hash';

export function selectPlaces(base: string, ids: readonly string[]): WarehouseStatement {
  return {
    name: 'audit places',
    text: `SELECT ${PLACE} FROM ${base}.tool_calls AS t WHERE ${AMONG_IDS}`,
    values: idValues(ids),
  };
}

/** How many rows have one of these numbers. More than there are numbers: two have gone on from the same place. */
export function countNumbers(base: string, run: { chain: string; from: number; to: number }): WarehouseStatement {
  return {
    name: 'audit numbers',
    text: `SELECT count(*) AS n FROM ${base}.tool_calls AS t WHERE t.chain = :chain AND t.chain_seq BETWEEN :first_seq AND :last_seq`,
    values: { chain: run.chain, first_seq: run.from, last_seq: run.to },
  };
}

/** Where the chain stands, also when retention took its last rows. */
export function selectPosition(base: string, chain: string): WarehouseStatement {
  return {
    name: 'audit position',
    text: `SELECT chain_seq, hash FROM (
  SELECT chain_seq, hash FROM ${base}.tool_calls WHERE chain = :chain
  UNION ALL SELECT chain_seq, hash FROM ${base}.retired_chains WHERE chain = :chain
) AS places ORDER BY chain_seq DESC LIMIT 1`,
    values: { chain },
  };
}

export interface BuriedLetter {
  readonly digest: string;
  readonly batch: string;
  readonly producer: string | null;
  readonly producer_seq: number | null;
  readonly reason: string;
  readonly content: string;
}

const LETTER_TYPE =
  'array<struct<digest: STRING, batch: STRING, producer: STRING, producer_seq: BIGINT, reason: STRING, content: STRING>>';

/** Each once. Forged batches are kept as a sample only: whoever can write to the queue must not be able to fill the warehouse. */
export function mergeDeadLetters(base: string, letters: readonly BuriedLetter[]): WarehouseStatement {
  return {
    name: 'audit dead letters',
    text: `MERGE INTO ${base}.dead_letters AS t USING (
  SELECT l.* FROM (SELECT explode(from_json(:batch, '${LETTER_TYPE}', map('mode', 'FAILFAST'))) AS l)
  WHERE l.producer IS NOT NULL OR (
    SELECT count(*) FROM ${base}.dead_letters AS x WHERE x.producer IS NULL AND x.buried_at > current_timestamp() - INTERVAL 1 HOUR
  ) < 100
) AS s ON t.digest = s.digest
WHEN NOT MATCHED THEN INSERT (digest, buried_at, batch, producer, producer_seq, reason, content)
VALUES (s.digest, current_timestamp(), s.batch, s.producer, s.producer_seq, s.reason, s.content)`,
    values: { batch: JSON.stringify(letters) },
  };
}
