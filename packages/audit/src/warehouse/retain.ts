import { AppError } from '@causeway/core';
import type pg from 'pg';
import { BASE } from './audit-names.ts';
import type { Checkpoint, RetiredRange } from './head.ts';
import { countOf } from './seq-ranges.ts';
import { streamRows } from './stored-row.ts';

export interface RetainOptions {
  /** As an administrator: nobody else may drop a partition. */
  readonly client: pg.ClientBase;
  readonly months: number;
  readonly now?: Date;
  /** Called before anything is dropped: signs and keeps the checkpoint outside the database. */
  readonly keepCheckpoint: (checkpoint: Checkpoint) => Promise<void>;
  readonly dryRun?: boolean;
}

export interface RetainReport {
  readonly dropped: readonly string[];
  readonly rows: number;
}

/** How often a month is begun again because events of it still come. */
const ATTEMPTS_MAX = 5;

/**
 * Drops the months that the policy does not keep. Verify the trail first: what is dropped is vouched for by the checkpoint from then on. Rows of a
 * month stand between rows of the next one in the chain, so the checkpoint names runs of numbers, and every row that is left can still be checked.
 */
export async function retain(options: RetainOptions): Promise<RetainReport> {
  const { client, months, now = new Date() } = options;
  const partitions = await outdated(client, new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1)));
  let rows = 0;
  for (const name of partitions) rows += await retainMonth(options, name, now);
  return { dropped: partitions, rows };
}

/** One checkpoint for one month, so that the rows which it names go together or not at all. */
async function retainMonth(options: RetainOptions, name: string, now: Date): Promise<number> {
  const { client, keepCheckpoint, dryRun = false } = options;
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const checkpoints = await retiredRanges(client, name, now);
    const rows = checkpoints.reduce((sum, { retired }) => sum + countOf(retired), 0);
    if (dryRun) return rows;
    for (const checkpoint of checkpoints) await keepCheckpoint(checkpoint);
    if (await drop(client, name, rows)) return rows;
  }
  throw new AppError('upstream_unavailable', `events of ${name.slice(-7)} still come: it was not dropped`);
}

/** Whole months before this one. */
async function outdated(client: pg.ClientBase, before: Date): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = '${BASE}.tool_calls'::regclass AND c.relname < $1 ORDER BY 1`,
    [`tool_calls_${before.toISOString().slice(0, 7).replace('-', '_')}`],
  );
  return rows.map(({ name }) => name);
}

/** Runs of rows that go, chain by chain. */
async function retiredRanges(client: pg.ClientBase, partition: string, now: Date): Promise<Checkpoint[]> {
  const where = 'tableoid = $1::regclass';
  const table = `${BASE}.${partition}`;
  const { rows } = await client.query<{ chain: string }>(`SELECT DISTINCT chain FROM ${table}`);
  const checkpoints: Checkpoint[] = [];
  for (const { chain } of rows) {
    const retired: RetiredRange[] = [];
    const query = { where: `${where} AND chain = $2`, values: [table, chain], order: 'chain_seq' };
    for await (const { chainSeq, hash } of streamRows(client, query)) {
      const run = retired.at(-1);
      const next = { first: chainSeq, last: chainSeq, hash: hash.toString('hex') };
      if (run?.last === chainSeq - 1) retired[retired.length - 1] = { ...next, first: run.first };
      else retired.push(next);
    }
    checkpoints.push({ chain, retired, months: [partition.slice(-7)], at: now.toISOString() });
  }
  return checkpoints;
}

/** Says no when the month has other rows than the checkpoint speaks of. */
async function drop(client: pg.ClientBase, name: string, rows: number): Promise<boolean> {
  await client.query('BEGIN');
  try {
    // Nobody may queue up behind a drop that itself waits for a long reader.
    await client.query(`SET LOCAL lock_timeout = '5s'`);
    // From here on nothing comes into this month; it can still be read.
    await client.query(`LOCK TABLE ${BASE}.${name} IN SHARE ROW EXCLUSIVE MODE`);
    const { rows: counted } = await client.query<{ n: string }>(`SELECT count(*) AS n FROM ${BASE}.${name}`);
    const isSame = Number(counted[0]?.n) === rows;
    if (isSame) {
      await client.query(RETIRE(name), [name.slice(-7)]);
      await client.query(`DROP TABLE ${BASE}.${name}`);
    }
    await client.query('COMMIT');
    return isSame;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

const RETIRE = (name: string) => `INSERT INTO ${BASE}.retired (producer, first_seq, last_seq, month)
SELECT producer, min(producer_seq), max(producer_seq), $1 FROM (
  SELECT producer, producer_seq, producer_seq - dense_rank() OVER (PARTITION BY producer ORDER BY producer_seq) AS run FROM ${BASE}.${name}
) runs GROUP BY producer, run`;
