import type pg from 'pg';
import { BASE } from './audit-names.ts';
import { readJournals } from './read-journals.ts';
import { countOf, merged, type SeqRange, without } from './seq-ranges.ts';

/** What became of one producer's events. */
interface ProducerAccount {
  readonly producer: string;
  readonly service: string | undefined;
  /** Numbers that were ever given to events, as far as the table and the journals show. */
  readonly accepted: number;
  readonly stored: number;
  /** Taken away by retention. */
  readonly retired: number;
  /** Rows too many: the same number twice. */
  readonly duplicates: number;
  /** Refused by the table, and kept with the reason. */
  readonly dead: number;
  /** In a journal, and not in the table yet. */
  readonly pending: number;
  /** Accepted, and nowhere. */
  readonly gaps: readonly SeqRange[];
}

export interface Reconciliation {
  readonly ok: boolean;
  readonly lost: number;
  readonly doubled: number;
  readonly pending: number;
  readonly dead: number;
  readonly producers: readonly ProducerAccount[];
}

/** Counts, producer by producer, what was accepted against what is there. The journals are read first: what leaves them meanwhile is in the table. */
export async function reconcile(client: pg.ClientBase, journalDirs: readonly string[]): Promise<Reconciliation> {
  const journals = journalDirs.flatMap(readJournals);
  const table = await readTable(client);
  const names = new Set([...table.keys(), ...journals.map(({ producer }) => producer)]);
  const producers = [...names].toSorted().map((producer) => {
    const own = journals.filter((journal) => journal.producer === producer);
    return account(producer, table.get(producer) ?? EMPTY, {
      waiting: own.flatMap(({ waiting }) => waiting),
      last: Math.max(0, ...own.map(({ last }) => last)),
    });
  });
  const sum = (of: (one: ProducerAccount) => number) => producers.reduce((total, one) => total + of(one), 0);
  const lost = sum(({ gaps }) => countOf(gaps));
  const doubled = sum(({ duplicates }) => duplicates);
  return {
    ok: lost + doubled === 0,
    lost,
    doubled,
    pending: sum(({ pending }) => pending),
    dead: sum(({ dead }) => dead),
    producers,
  };
}

interface TableSide {
  readonly service?: string | undefined;
  readonly rows: number;
  readonly stored: readonly SeqRange[];
  readonly retired: readonly SeqRange[];
  readonly dead: readonly SeqRange[];
}

const EMPTY: TableSide = { rows: 0, stored: [], retired: [], dead: [] };

function account(
  producer: string,
  table: TableSide,
  journal: { readonly waiting: readonly SeqRange[]; readonly last: number },
): ProducerAccount {
  const there = merged([...table.stored, ...table.retired, ...table.dead]);
  const pending = without(journal.waiting, there);
  const known = merged([...there, ...journal.waiting]);
  const accepted = Math.max(journal.last, known.at(-1)?.last ?? 0);
  return {
    producer,
    service: table.service,
    accepted,
    stored: countOf(table.stored),
    retired: countOf(without(table.retired, table.stored)),
    duplicates: table.rows - countOf(table.stored),
    dead: countOf(without(table.dead, [...table.stored, ...table.retired])),
    pending: countOf(pending),
    gaps: accepted === 0 ? [] : without([{ first: 1, last: accepted }], known),
  };
}

// Runs of numbers, so that a producer with a million events is one line.
const STORED = `SELECT producer, max(service) AS service, min(producer_seq) AS first, max(producer_seq) AS last, count(*) AS rows
FROM (SELECT producer, producer_seq, service, producer_seq - dense_rank() OVER (PARTITION BY producer ORDER BY producer_seq) AS run FROM ${BASE}.tool_calls) runs
GROUP BY producer, run`;
const RETIRED = `SELECT producer, first_seq AS first, last_seq AS last FROM ${BASE}.retired`;
const DEAD = `SELECT producer, producer_seq AS first, producer_seq AS last FROM ${BASE}.dead_letters WHERE producer IS NOT NULL AND producer_seq IS NOT NULL`;

interface Run {
  readonly producer: string;
  readonly service?: string;
  readonly first: string;
  readonly last: string;
  readonly rows?: string;
}

async function readTable(client: pg.ClientBase): Promise<ReadonlyMap<string, TableSide>> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    const stored = await runsOf(client, STORED);
    const retired = await runsOf(client, RETIRED);
    const dead = await runsOf(client, DEAD);
    const names = new Set([...stored.keys(), ...retired.keys(), ...dead.keys()]);
    return new Map(
      [...names].map((name) => [
        name,
        sideOf(stored.get(name) ?? [], rangesOf(retired.get(name)), rangesOf(dead.get(name))),
      ]),
    );
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

async function runsOf(client: pg.ClientBase, text: string): Promise<Map<string, Run[]>> {
  return Map.groupBy((await client.query<Run>(text)).rows, ({ producer }) => producer);
}

const rangesOf = (runs: readonly Run[] = []): SeqRange[] =>
  runs.map(({ first, last }) => ({ first: Number(first), last: Number(last) }));

function sideOf(stored: readonly Run[], retired: readonly SeqRange[], dead: readonly SeqRange[]): TableSide {
  const rows = stored.reduce((sum, run) => sum + Number(run.rows ?? 0), 0);
  return { service: stored[0]?.service, rows, stored: rangesOf(stored), retired, dead };
}
