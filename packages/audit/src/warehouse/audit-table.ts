import type { Secret } from '@causeway/core';
import { openPool } from '@causeway/runtime';
import pg from 'pg';
import { leafOf } from '../record/canonical.ts';
import type { AuditRecord } from '../record/record.ts';
import { POISON } from './append-function.ts';

/** Where a chain stands. */
export interface ChainPosition {
  readonly chain: string;
  readonly chainSeq: number;
  readonly hash: Buffer;
}

/** What can never be stored, and why. `producer` is named only when it has signed for it. */
export interface DeadLetter {
  readonly batch: string;
  readonly producer?: string | undefined;
  readonly producerSeq?: number | undefined;
  readonly reason: string;
  readonly content: string;
}

export interface Appended extends ChainPosition {
  /** How many of the records the table did not know yet. */
  readonly stored: number;
}

/** The trail as the worker knows it: it can be continued, and nothing else. */
export interface AuditTable {
  /** Whole or not at all. Records that are stored already change nothing. */
  append(chain: string, records: readonly AuditRecord[], dead: readonly DeadLetter[]): Promise<Appended>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface PostgresAuditTableOptions {
  readonly url: Secret;
  readonly connectionsMax: number;
  readonly report: (error: unknown) => void;
}

const CONNECT_MS = 5000;
const APPEND_MS = 30_000;
const CONTENT_MAX = 100_000;

export class PostgresAuditTable implements AuditTable {
  readonly #pool: pg.Pool;

  constructor({ url, connectionsMax, report }: PostgresAuditTableOptions) {
    this.#pool = openPool({
      url,
      name: 'audit-worker',
      max: connectionsMax,
      connectMs: CONNECT_MS,
      queryMs: APPEND_MS,
      // Whoever waits for the chain gives up before the client does, and does not hold the lock for nobody.
      options: `-c statement_timeout=${APPEND_MS - 1000} -c default_transaction_isolation=read\\ committed`,
      report,
    });
  }

  async append(chain: string, records: readonly AuditRecord[], dead: readonly DeadLetter[]): Promise<Appended> {
    const { rows } = await this.#pool.query<{ chain_seq: string; hash: Buffer; stored: number }>({
      name: 'append',
      text: 'SELECT chain_seq, hash, stored FROM audit.append($1, $2, $3, $4, $5)',
      values: [
        chain,
        records.map(({ event_id }) => event_id),
        JSON.stringify(records),
        Buffer.concat(records.map(leafOf)),
        JSON.stringify(dead.map(toRow)),
      ],
    });
    const [row] = rows;
    if (row === undefined) throw new Error('audit.append returned nothing');
    return { chain, chainSeq: Number(row.chain_seq), hash: row.hash, stored: row.stored };
  }

  async ping(): Promise<void> {
    await this.#pool.query('SELECT 1');
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/** The server says that this very content cannot be stored (class 22, 23 and 54 of its error codes, or our own function). */
export function isPoison(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === POISON || /^(22|23|54)/.test(error.code ?? ''));
}

function toRow({ batch, producer, producerSeq, reason, content }: DeadLetter) {
  return {
    batch: cleaned(batch).slice(0, 200),
    producer: producer ?? null,
    producer_seq: producerSeq ?? null,
    reason: cleaned(reason).slice(0, 1000),
    content: cleaned(content),
  };
}

// A dead letter must not be poison itself.
const cleaned = (text: string) => text.slice(0, CONTENT_MAX).toWellFormed().replaceAll('\0', '\uFFFD');
