import { createHash } from 'node:crypto';
import { AppError } from '@causeway/core';
import { chainHash, CHAIN_START, leafOf } from '../record/canonical.ts';
import type { AuditRecord } from '../record/record.ts';
import { type Appended, type AuditTable, type DeadLetter, deadLetterRow } from '../warehouse/audit-table.ts';
import { type KnownRow, UnfaithfulAnswer, witness } from '../warehouse/witness.ts';
import { chunksOf } from './chunks-of.ts';
import { countNumbers, mergeDeadLetters, mergeRows, selectPlaces, selectPosition } from './delta-statements.ts';
import { monthOf } from './month-of.ts';
import type { SqlStatements, WarehouseRow } from './sql-statements.ts';

export interface DeltaAuditTableOptions {
  readonly statements: SqlStatements;
  /** The schema of the tables, as SQL writes it. */
  readonly base: string;
  readonly now?: () => Date;
}

interface Position {
  readonly chainSeq: number;
  readonly hash: Buffer;
}

interface Leaf {
  readonly record: AuditRecord;
  readonly leaf: Buffer;
}

const ATTEMPTS_MAX = 3;
const NOWHERE: Position = { chainSeq: 0, hash: CHAIN_START };

/**
 * The trail in a Delta table. No function of an owner's stands between the worker and the table here: the worker reads where the chain stands, computes the
 * next hashes, and one MERGE stores them all if nobody was faster. What is then in the table is read again, and only that is vouched for.
 */
export class DeltaAuditTable implements AuditTable {
  readonly #statements: SqlStatements;
  readonly #base: string;
  readonly #now: () => Date;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ statements, base, now = () => new Date() }: DeltaAuditTableOptions) {
    this.#statements = statements;
    this.#base = base;
    this.#now = now;
  }

  /** Batches of one process go one after the other: at once they would only be in each other's way. */
  append(chain: string, records: readonly AuditRecord[], dead: readonly DeadLetter[]): Promise<Appended> {
    const appended = this.#last.then(() => this.#append(chain, records, dead));
    this.#last = appended.catch(() => undefined);
    return appended;
  }

  ping(): Promise<void> {
    return this.#statements.ping();
  }

  close(): Promise<void> {
    return this.#statements.close();
  }

  /** A batch that is too large for one statement is several commits. Each is whole, and those that are there already change nothing. */
  async #append(chain: string, records: readonly AuditRecord[], dead: readonly DeadLetter[]): Promise<Appended> {
    await this.#bury(dead);
    const parts: Appended[] = [];
    for (const chunk of chunksOf(records)) parts.push(await this.#appendChunk(chain, chunk));
    return {
      stored: parts.reduce((sum, { stored }) => sum + stored, 0),
      appended: parts.flatMap(({ appended }) => appended),
      found: parts.flatMap(({ found }) => found),
    };
  }

  async #appendChunk(chain: string, records: readonly AuditRecord[]): Promise<Appended> {
    const leaves = records.map((record) => ({ record, leaf: leafOf(record) }));
    const months = new Map(records.map(({ event_id }) => [event_id, monthOf(event_id, this.#now())]));
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const places = await this.#places(records);
      const known = records.flatMap((record, at) => knownRow(record, at + 1, places));
      const fresh = unstored(leaves, places);
      const before = fresh.length === 0 ? NOWHERE : await this.#position(chain);
      const after = await this.#store({ chain, before, fresh, months });
      if (after === undefined) continue;
      const handedIn = { chain, ids: records.map(({ event_id }) => event_id), leaves: leaves.map(({ leaf }) => leaf) };
      const answer = { prevSeq: before.chainSeq, prevHash: before.hash, ...after, known };
      return { stored: fresh.length, ...witness(handedIn, answer) };
    }
    throw new AppError(
      'upstream_unavailable',
      `others wrote to chain ${chain} at the same time, ${ATTEMPTS_MAX} times`,
    );
  }

  /** Where the chain stands with the new rows. Undefined: somebody else was faster, and nothing was stored. */
  async #store({ chain, before, fresh, months }: ToStore): Promise<Position | undefined> {
    if (fresh.length === 0) return before;
    let { chainSeq, hash } = before;
    const rows = fresh.map(({ record, leaf }) => {
      const prevHash = hash;
      hash = chainHash(prevHash, leaf);
      return { record, month: months.get(record.event_id) ?? '', chain, chainSeq: ++chainSeq, prevHash, hash };
    });
    await this.#statements.run(mergeRows(this.#base, rows));
    const places = await this.#places(fresh.map(({ record }) => record));
    const isOurs = (row: (typeof rows)[number]) => {
      const place = places.get(row.record.event_id);
      return (
        place?.['chain'] === chain &&
        Number(place['chain_seq']) === row.chainSeq &&
        place['hash'] === row.hash.toString('hex')
      );
    };
    if (!rows.some(isOurs)) return undefined;
    const numbered = await this.#count(chain, before.chainSeq + 1, chainSeq);
    // Half a batch, or two batches with the same numbers: the table does not do what it was made for. Nothing of it is vouched for.
    if (!rows.every(isOurs) || numbered !== rows.length) throw new UnfaithfulAnswer(chain, before.chainSeq + 1);
    return { chainSeq, hash };
  }

  async #count(chain: string, from: number, to: number): Promise<number> {
    const [row] = await this.#statements.run(countNumbers(this.#base, { chain, from, to }));
    return Number(row?.['n']);
  }

  async #places(records: readonly AuditRecord[]): Promise<ReadonlyMap<string, WarehouseRow>> {
    if (records.length === 0) return new Map();
    const rows = await this.#statements.run(
      selectPlaces(
        this.#base,
        records.map(({ event_id }) => event_id),
      ),
    );
    const places = new Map(rows.map((row) => [row['event_id'] ?? '', row]));
    if (places.size < rows.length) throw new UnfaithfulAnswer(rows[0]?.['chain'] ?? '', Number(rows[0]?.['chain_seq']));
    return places;
  }

  async #position(chain: string): Promise<Position> {
    const [row] = await this.#statements.run(selectPosition(this.#base, chain));
    if (row === undefined) return NOWHERE;
    return { chainSeq: Number(row['chain_seq']), hash: Buffer.from(row['hash'] ?? '', 'hex') };
  }

  async #bury(dead: readonly DeadLetter[]): Promise<void> {
    if (dead.length === 0) return;
    const letters = dead.map(deadLetterRow).map((letter) => {
      const { batch, reason, content } = letter;
      return { digest: createHash('sha256').update([batch, reason, content].join('\n')).digest('hex'), ...letter };
    });
    await this.#statements.run(mergeDeadLetters(this.#base, letters));
  }
}

interface ToStore {
  readonly chain: string;
  readonly before: Position;
  readonly fresh: readonly Leaf[];
  readonly months: ReadonlyMap<string, string>;
}

/** The first of each id that the table does not have. */
function unstored(leaves: readonly Leaf[], places: ReadonlyMap<string, WarehouseRow>): readonly Leaf[] {
  const seen = new Map<string, AuditRecord>();
  return leaves.filter(({ record }) => {
    const before = seen.get(record.event_id);
    if (before !== undefined) assertSame(record, before.producer, before.producer_seq);
    if (before !== undefined || places.has(record.event_id)) return false;
    seen.set(record.event_id, record);
    return true;
  });
}

function knownRow(record: AuditRecord, n: number, places: ReadonlyMap<string, WarehouseRow>): KnownRow[] {
  const place = places.get(record.event_id);
  if (place === undefined) return [];
  assertSame(record, place['producer'], Number(place['producer_seq']));
  const [chain, prevHash, hash] = [place['chain'] ?? '', place['prev_hash'] ?? '', place['hash'] ?? ''];
  const asBytes = (text: string) => Buffer.from(text, 'hex');
  return [{ n, chain, chainSeq: Number(place['chain_seq']), prevHash: asBytes(prevHash), hash: asBytes(hash) }];
}

/** The same id is the same event, or something is wrong: an event must not vanish because its id is taken. */
function assertSame(
  { producer, producer_seq: seq }: AuditRecord,
  other: string | null | undefined,
  otherSeq: number,
): void {
  if (producer !== other || seq !== otherSeq)
    throw new AppError('invalid_request', 'the event id belongs to another event');
}
