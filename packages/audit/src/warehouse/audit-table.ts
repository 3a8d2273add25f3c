import { AppError, type Secret } from '@causeway/core';
import { openPool } from '@causeway/runtime';
import pg from 'pg';
import { z } from 'zod';
import { leafOf } from '../record/canonical.ts';
import type { AuditRecord } from '../record/record.ts';
import { POISON } from './append-function.ts';
import { workerLoginProblems } from './worker-login-problems.ts';
import { type AppendAnswer, witness, type Witnessed } from './witness.ts';

/** What can never be stored, and why. `producer` is named only when it has signed for it. */
export interface DeadLetter {
  readonly batch: string;
  readonly producer?: string | undefined;
  readonly producerSeq?: number | undefined;
  readonly reason: string;
  readonly content: string;
}

export interface Appended extends Witnessed {
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
const CURE =
  'The login may do more than hand in batches: take from it, or from PUBLIC, what the log names, or use causeway_audit_worker.';

export class PostgresAuditTable implements AuditTable {
  readonly #pool: pg.Pool;
  readonly #report: (error: unknown) => void;
  #loginIsRight = false;

  constructor({ url, connectionsMax, report }: PostgresAuditTableOptions) {
    this.#report = report;
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
    await this.#assertLogin();
    const ids = records.map(({ event_id }) => event_id);
    const leaves = records.map(leafOf);
    const { rows } = await this.#pool.query<AppendRow>({
      name: 'append',
      text: 'SELECT prev_seq, prev_hash, chain_seq, hash, known FROM audit.append($1, $2, $3, $4, $5)',
      values: [chain, ids, JSON.stringify(records), Buffer.concat(leaves), JSON.stringify(dead.map(deadLetterRow))],
    });
    const [row] = rows;
    if (row === undefined) throw new Error('audit.append returned nothing');
    const answer = toAnswer(row);
    return { stored: answer.chainSeq - answer.prevSeq, ...witness({ chain, ids, leaves }, answer) };
  }

  /** Looks at the login again: it may have been granted something since. */
  async ping(): Promise<void> {
    this.#loginIsRight = false;
    await this.#assertLogin();
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  /** A worker that could change the trail is none: it stores nothing, and its events stay in their journals. */
  async #assertLogin(): Promise<void> {
    if (this.#loginIsRight) return;
    const problems = await workerLoginProblems(this.#pool);
    if (problems.length > 0) {
      const refusal = new AppError('config_invalid', `AUDIT_DATABASE_URL: ${problems.join('; ')}`, {
        safeDetail: CURE,
      });
      // Health says that the log names them: so it must, also while there is no batch.
      this.#report(refusal);
      throw refusal;
    }
    this.#loginIsRight = true;
  }
}

/** This very content cannot be stored: the server says so (class 22, 23 and 54 of its error codes, or our own function), or we do. */
export function isPoison(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return error.code === POISON || /^(22|23|54)/.test(error.code ?? '');
  return error instanceof AppError && error.code === 'invalid_request';
}

interface AppendRow {
  readonly prev_seq: string;
  readonly prev_hash: Buffer;
  readonly chain_seq: string;
  readonly hash: Buffer;
  readonly known: unknown;
}

const hex = z.hex().transform((text) => Buffer.from(text, 'hex'));
const knownRows = z
  .array(z.object({ n: z.int(), chain: z.string(), chainSeq: z.int(), prevHash: hex, hash: hex }))
  .nullable();

const toAnswer = ({ prev_seq, prev_hash, chain_seq, hash, known }: AppendRow): AppendAnswer => ({
  prevSeq: Number(prev_seq),
  prevHash: prev_hash,
  chainSeq: Number(chain_seq),
  hash,
  known: knownRows.parse(known) ?? [],
});

/** As it is stored. A dead letter must not be poison itself. */
export function deadLetterRow({ batch, producer, producerSeq, reason, content }: DeadLetter) {
  return {
    batch: cleaned(batch).slice(0, 200),
    producer: producer ?? null,
    producer_seq: producerSeq ?? null,
    reason: cleaned(reason).slice(0, 1000),
    content: cleaned(content),
  };
}

const cleaned = (text: string) => text.slice(0, CONTENT_MAX).toWellFormed().replaceAll('\0', '\uFFFD');
