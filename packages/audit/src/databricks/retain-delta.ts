import type { Checkpoint, RetiredRange } from '../warehouse/head.ts';
import type { RetainOptions, RetainReport } from '../warehouse/retain.ts';
import { countOf } from '../warehouse/seq-ranges.ts';
import type { SqlStatements } from './sql-statements.ts';

export interface RetainDeltaOptions extends Omit<RetainOptions, 'client'> {
  /** As who owns the tables: only they may delete from a table that is for appending. */
  readonly statements: SqlStatements;
  readonly base: string;
}

const PAGE = 20_000;

/**
 * Deletes the months that the policy does not keep. Verify the trail first: what is deleted is vouched for by the checkpoint from then on. Rows that
 * come into such a month meanwhile have higher numbers than the checkpoint names, and stay until the next time.
 */
export async function retainDelta(options: RetainDeltaOptions): Promise<RetainReport> {
  const { statements, base, months, now = new Date(), keepCheckpoint, dryRun = false } = options;
  const before = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1)).toISOString().slice(0, 7);
  const outdated = await statements.run({
    name: 'audit months',
    text: `SELECT DISTINCT month FROM ${base}.tool_calls WHERE month < :before ORDER BY month`,
    values: { before },
  });
  const dropped = outdated.flatMap(({ month }) => (month == null ? [] : [month]));
  let rows = 0;
  for (const month of dropped) {
    const checkpoints = await checkpointsOf({ statements, base, month }, now);
    rows += checkpoints.reduce((sum, { retired }) => sum + countOf(retired), 0);
    if (dryRun) continue;
    for (const checkpoint of checkpoints) await keepCheckpoint(checkpoint);
    await deleteMonth({ statements, base, month }, checkpoints);
  }
  return { dropped, rows };
}

interface Month {
  readonly statements: SqlStatements;
  readonly base: string;
  readonly month: string;
}

/** Runs of rows that go, chain by chain. */
async function checkpointsOf({ statements, base, month }: Month, now: Date): Promise<Checkpoint[]> {
  const chains = new Map<string, RetiredRange[]>();
  let last = { chain: '', seq: 0 };
  for (let length = PAGE; length === PAGE;) {
    const page = await statements.run({
      name: 'audit retired rows',
      text: `SELECT chain, chain_seq, hash FROM ${base}.tool_calls
WHERE month = :month AND (chain > :chain OR (chain = :chain AND chain_seq > :seq)) ORDER BY chain, chain_seq LIMIT ${PAGE}`,
      values: { month, ...last },
    });
    for (const row of page) {
      last = { chain: row['chain'] ?? '', seq: Number(row['chain_seq']) };
      const ranges = chains.get(last.chain) ?? [];
      chains.set(last.chain, withRow(ranges, last.seq, row['hash'] ?? ''));
    }
    length = page.length;
  }
  return Array.from(chains, ([chain, retired]) => ({ chain, retired, months: [month], at: now.toISOString() }));
}

function withRow(ranges: RetiredRange[], seq: number, hash: string): RetiredRange[] {
  const run = ranges.at(-1);
  if (run?.last === seq - 1) ranges[ranges.length - 1] = { first: run.first, last: seq, hash };
  else ranges.push({ first: seq, last: seq, hash });
  return ranges;
}

async function deleteMonth({ statements, base, month }: Month, checkpoints: readonly Checkpoint[]): Promise<void> {
  const run = (text: string, values: Readonly<Record<string, string | number>> = {}) =>
    statements.run({ name: 'audit retain', text, values });
  // Both before anything goes: done twice they say the same.
  await run(
    `INSERT INTO ${base}.retired SELECT producer, min(producer_seq), max(producer_seq), :month FROM (
  SELECT producer, producer_seq, producer_seq - dense_rank() OVER (PARTITION BY producer ORDER BY producer_seq) AS run
  FROM ${base}.tool_calls WHERE month = :month
) AS runs GROUP BY producer, run`,
    { month },
  );
  const ends = checkpoints.flatMap(({ chain, retired }) =>
    retired.slice(-1).map(({ last, hash }) => ({ chain, last_seq: last, hash })),
  );
  for (const end of ends) await run(`INSERT INTO ${base}.retired_chains VALUES (:chain, :last_seq, :hash)`, end);
  await run(appendOnly(base, false));
  try {
    for (const { chain, last_seq } of ends) {
      await run(`DELETE FROM ${base}.tool_calls WHERE month = :month AND chain = :chain AND chain_seq <= :last_seq`, {
        month,
        chain,
        last_seq,
      });
    }
  } finally {
    await run(appendOnly(base, true));
  }
}

const appendOnly = (base: string, is: boolean) =>
  `ALTER TABLE ${base}.tool_calls SET TBLPROPERTIES ('delta.appendOnly' = '${is}')`;
