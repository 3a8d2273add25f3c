import type pg from 'pg';
import { BASE } from './audit-names.ts';
import type { Checkpoint, RetiredRange } from './head.ts';
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

/**
 * Drops the months that the policy does not keep. Verify the trail first: what is dropped is vouched for by the checkpoint from then on. Rows of a
 * month stand between rows of the next one in the chain, so the checkpoint names runs of numbers, and every row that is left can still be checked.
 */
export async function retain(options: RetainOptions): Promise<RetainReport> {
  const { client, months, now = new Date(), dryRun = false } = options;
  const partitions = await outdated(client, new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1)));
  if (partitions.length === 0) return { dropped: [], rows: 0 };
  const checkpoints = await retiredRanges(client, partitions, now);
  const rows = checkpoints.reduce(
    (sum, { retired }) => sum + retired.reduce((n, { first, last }) => n + last - first + 1, 0),
    0,
  );
  if (dryRun) return { dropped: partitions, rows };
  for (const checkpoint of checkpoints) await options.keepCheckpoint(checkpoint);
  await drop(client, partitions);
  return { dropped: partitions, rows };
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
async function retiredRanges(client: pg.ClientBase, partitions: readonly string[], now: Date): Promise<Checkpoint[]> {
  const tables = partitions.map((name) => `${BASE}.${name}`);
  const where = 'tableoid = ANY ($1::regclass[])';
  const { rows } = await client.query<{ chain: string }>(
    `SELECT DISTINCT chain FROM ${BASE}.tool_calls WHERE ${where}`,
    [tables],
  );
  const checkpoints: Checkpoint[] = [];
  for (const { chain } of rows) {
    const retired: RetiredRange[] = [];
    const query = { where: `${where} AND chain = $2`, values: [tables, chain], order: 'chain_seq' };
    for await (const { chainSeq, hash } of streamRows(client, query)) {
      const run = retired.at(-1);
      const next = { first: chainSeq, last: chainSeq, hash: hash.toString('hex') };
      if (run?.last === chainSeq - 1) retired[retired.length - 1] = { ...next, first: run.first };
      else retired.push(next);
    }
    checkpoints.push({ chain, retired, months: partitions.map((name) => name.slice(-7)), at: now.toISOString() });
  }
  return checkpoints;
}

async function drop(client: pg.ClientBase, partitions: readonly string[]): Promise<void> {
  for (const name of partitions) {
    await client.query('BEGIN');
    try {
      // Nobody may queue up behind a drop that itself waits for a long reader.
      await client.query(`SET LOCAL lock_timeout = '5s'`);
      await client.query(
        `INSERT INTO ${BASE}.retired (producer, first_seq, last_seq, month)
SELECT producer, min(producer_seq), max(producer_seq), $1 FROM (
  SELECT producer, producer_seq, producer_seq - dense_rank() OVER (PARTITION BY producer ORDER BY producer_seq) AS run FROM ${BASE}.${name}
) runs GROUP BY producer, run`,
        [name.slice(-7)],
      );
      await client.query(`DROP TABLE ${BASE}.${name}`);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    }
  }
}
