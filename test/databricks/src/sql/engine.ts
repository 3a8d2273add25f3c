import pg from 'pg';
import { type ResultTable, resultTable } from './result-types.ts';

export interface EngineOptions {
  /** The gateway's login of the governed database. */
  readonly url: string;
  readonly poolMax: number;
}

export interface EngineUnit {
  /** Whom it runs as. */
  readonly role: string;
  readonly text: string;
  readonly values: readonly (string | null)[];
  readonly settings: Readonly<Record<string, string>>;
}

/** The statement is no query, so the engine was not asked, or its work was undone. */
export class NotAQuery extends Error {}

/** The session's settings must not be the server's: what comes back is the same everywhere. */
const SESSION = [
  'datestyle=ISO',
  'intervalstyle=iso_8601',
  'timezone=UTC',
  'extra_float_digits=1',
  'bytea_output=hex',
  'search_path=pg_catalog,pg_temp',
];

/** Everything comes as the engine wrote it. */
const AS_TEXT = { getTypeParser: () => (text: string) => text };

const MAX_MS = 600_000;
const CANCEL_AGAIN_MS = 100;

/** The governed Postgres, asked as one principal at a time: a read-only transaction that takes the role first and is always undone. */
export class Engine {
  readonly #pool: pg.Pool;
  /** Of its own, so that a cancel gets through when all others are busy. */
  readonly #control: pg.Pool;
  readonly #closing = new AbortController();

  constructor({ url, poolMax }: EngineOptions) {
    const options = SESSION.map((setting) => `-c ${setting}`).join(' ');
    const connection = { connectionString: url, options, application_name: 'databricks-emulator' };
    this.#pool = new pg.Pool({ ...connection, max: poolMax });
    this.#control = new pg.Pool({ ...connection, max: 1 });
    for (const pool of [this.#pool, this.#control]) pool.on('error', () => undefined);
  }

  async run(unit: EngineUnit, given: AbortSignal): Promise<ResultTable> {
    const signal = AbortSignal.any([given, this.#closing.signal]);
    signal.throwIfAborted();
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    const canceller = this.#cancelOn(signal, client);
    try {
      signal.throwIfAborted();
      return await governed(client, unit);
    } finally {
      await canceller.end();
      await client.query('ROLLBACK').catch((error: unknown) => {
        broken = error instanceof Error ? error : new Error('ROLLBACK failed');
      });
      client.release(broken);
    }
  }

  /** Which policy the engine was told to enforce: what only its login reads. */
  async policyDigest(): Promise<string> {
    const { rows } = await this.#control.query<{ digest: string }>('SELECT digest FROM causeway.engine_state');
    return rows[0]?.digest ?? '';
  }

  async close(): Promise<void> {
    // A statement whose caller was cut off before it had its id is cancelled by nobody else.
    this.#closing.abort();
    await this.#pool.end();
    await this.#control.end();
  }

  /** A cancel that comes between two steps hits nothing, so it is sent until the unit has ended. */
  #cancelOn(signal: AbortSignal, client: pg.PoolClient) {
    const { processID } = client as pg.PoolClient & { readonly processID: number };
    let sent: Promise<unknown> = Promise.resolve();
    let timer: NodeJS.Timeout | undefined;
    const cancel = () => {
      sent = this.#control.query('SELECT pg_catalog.pg_cancel_backend($1)', [processID]).catch(() => undefined);
      timer = setTimeout(cancel, CANCEL_AGAIN_MS);
    };
    signal.addEventListener('abort', cancel, { once: true });
    return {
      async end() {
        signal.removeEventListener('abort', cancel);
        clearTimeout(timer);
        // One that is still on its way would hit whoever has the connection next.
        await sent;
      },
    };
  }
}

async function governed(client: pg.PoolClient, { role, text, values, settings }: EngineUnit): Promise<ResultTable> {
  await client.query('BEGIN READ ONLY');
  const all = Object.entries({ ...settings, statement_timeout: String(MAX_MS), role });
  const calls = all.map((_, index) => `pg_catalog.set_config($${index * 2 + 1}, $${index * 2 + 2}, true)`);
  const { rows } = await client.query<{ who: string }>(
    `SELECT ${calls.join(', ')}, current_user::text AS who`,
    all.flat(),
  );
  if (rows[0]?.who !== role) throw new Error('the engine did not take the role');
  // Extended, so that a text is one statement and never several; the types of the driver do not know the setting.
  const query: pg.QueryArrayConfig & { readonly queryMode: 'extended' } = {
    text,
    values: [...values],
    rowMode: 'array',
    queryMode: 'extended',
    types: AS_TEXT,
  };
  const result = await client.query<(string | null)[]>(query);
  // Whatever ended the transaction, or was no query, shows nothing of itself.
  if (result.command !== 'SELECT' || client.getTransactionStatus() !== 'T') {
    throw new NotAQuery(`${result.command ?? 'nothing'} is no query`);
  }
  return resultTable(result.fields, result.rows);
}
