import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { batchId, BullBatchQueue, readJournals, reconcile, withReader } from '@causeway/audit';
import { Secret } from '@causeway/core';
import type { Asked } from './people-load.ts';
import type { StackWorld } from './stack-world.ts';

const LINES_MAX = 8;
const LINE_MAX = 500;
const AROUND_MS = 2000;
const TROUBLE = /^\{"(?:level":"(?:warn|error|fatal)"|fatal")/;

const cut = (text: string) => (text.length > LINE_MAX ? `${text.slice(0, LINE_MAX)}…` : text);

/** What the processes and the stores know, read after the round, so that a broken promise explains itself. */
export class Evidence {
  readonly #world: StackWorld;
  readonly #lines: readonly { readonly from: string; readonly line: string; readonly at: number }[];

  constructor(world: StackWorld) {
    this.#world = world;
    this.#lines = world.logs().flatMap(({ name, text }) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => ({ from: name, line, at: timeOf(line) })),
    );
  }

  /** What was said of this very request, and what else went wrong at that time. A clock that was set tells another time. */
  of({ id, sentAt, endedAt }: Pick<Asked, 'id' | 'sentAt' | 'endedAt'>): string[] {
    const from = performance.timeOrigin + sentAt - AROUND_MS;
    const to = performance.timeOrigin + endedAt + AROUND_MS;
    const own = this.#lines.filter(({ line }) => line.includes(id));
    const troubles = this.#lines.filter(
      ({ line, at }) => TROUBLE.test(line) && !line.includes(id) && at >= from && at <= to,
    );
    const when = new Date(performance.timeOrigin + sentAt).toISOString();
    return [
      `sent ${when}, ended ${Math.round(endedAt - sentAt)} ms later; ${own.length} lines about it:`,
      ...own.slice(0, LINES_MAX).map(told),
      `${troubles.length} troubles at that time:`,
      ...troubles.slice(0, LINES_MAX).map(told),
    ];
  }

  /** The last of what went wrong in each process of these names. */
  troubles(names: RegExp): string[] {
    const found = this.#lines.filter(({ from, line }) => names.test(from) && TROUBLE.test(line));
    return [...Map.groupBy(found, ({ from }) => from).values()].flatMap((lines) => lines.slice(-3).map(told));
  }

  /** Of each producer that something is open about: the account, the files, and what the queue says of its batches. */
  async journals(): Promise<string[]> {
    const { AUDIT_READ_URL, JOURNAL_DIR, STATE_DATABASE_URL } = this.#world.environment;
    const { redis } = this.#world;
    const location =
      redis === undefined ? { stateDatabaseUrl: new Secret(STATE_DATABASE_URL) } : { redisUrl: new Secret(redis.url) };
    const queue = new BullBatchQueue(location, () => undefined);
    try {
      const { producers } = await withReader(AUDIT_READ_URL, (client) => reconcile(client, [JOURNAL_DIR]));
      const open = producers.filter(
        ({ gaps, pending, duplicates, dead }) => gaps.length + pending + duplicates + dead > 0,
      );
      const held = readJournals(JOURNAL_DIR).filter(({ waiting }) => waiting.length > 0);
      const states = held.flatMap(({ producer, waiting }) =>
        waiting.map(async (range) => {
          const id = batchId({ producer, ...range });
          const state = await queue.stateOf(id).catch((error: unknown) => ({ at: String(error) }));
          return `the queue says of ${id}: ${state.at}`;
        }),
      );
      return [
        ...open.map((account) => cut(JSON.stringify(account))),
        ...held.map(({ dir }) => cut(`${basename(dir)} holds ${filesOf(dir)}`)),
        ...(await Promise.all(states.slice(0, LINES_MAX))),
        ...(await this.#deadLetters()),
      ];
    } finally {
      await queue.close();
    }
  }

  async #deadLetters(): Promise<string[]> {
    const rows = await this.#world.administer<{ batch: string; reason: string }>(
      `SELECT batch, reason FROM audit_base.dead_letters LIMIT ${LINES_MAX}`,
    );
    return rows.map(({ batch, reason }) => cut(`dead letter of ${batch}: ${reason}`));
  }
}

const told = ({ from, line }: { from: string; line: string }) => cut(`${from}: ${line}`);

const filesOf = (dir: string) =>
  readdirSync(dir)
    .map((file) => `${file} (${statSync(join(dir, file), { throwIfNoEntry: false })?.size ?? 'gone'})`)
    .join(', ');

function timeOf(line: string): number {
  return Date.parse(/"time":"([^"]+)"/.exec(line)?.[1] ?? '');
}
