import type { Pool } from 'pg';
import { keyOf, readEntry, writeEntry } from './revocation-entry.ts';
import type { Revocation, RevocationLog } from './revocation-log.ts';

/** Two processes that make the same table at once would collide in the catalog. */
const PREPARE = `
  BEGIN;
  SELECT pg_advisory_xact_lock(hashtext('causeway_revocations'));
  CREATE TABLE IF NOT EXISTS causeway_revocations (what text PRIMARY KEY, entry text NOT NULL, until timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS causeway_revocations_version (only_row boolean PRIMARY KEY CHECK (only_row), version bigint NOT NULL);
  INSERT INTO causeway_revocations_version VALUES (true, 0) ON CONFLICT DO NOTHING;
  COMMIT`;

// One statement, so that the version's row lock makes additions visible in the order of their versions.
const ADD = `
  WITH counted AS (UPDATE causeway_revocations_version SET version = version + 1),
       swept AS (DELETE FROM causeway_revocations WHERE until < now() AND what <> $1)
  INSERT INTO causeway_revocations (what, entry, until) VALUES ($1, $2, $3)
  ON CONFLICT (what) DO UPDATE SET entry = excluded.entry, until = greatest(causeway_revocations.until, excluded.until)`;

/** Two tables of the state database. The pool belongs to whoever opened it. */
export class PostgresRevocationLog implements RevocationLog {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async prepare(): Promise<void> {
    await this.#pool.query(PREPARE);
  }

  async add(revocation: Revocation): Promise<void> {
    await this.#pool.query(ADD, [keyOf(revocation.what), writeEntry(revocation), revocation.until]);
  }

  async version(): Promise<string> {
    const { rows } = await this.#pool.query<{ version: string }>('SELECT version FROM causeway_revocations_version');
    return rows[0]?.version ?? '0';
  }

  async all(): Promise<readonly Revocation[]> {
    const { rows } = await this.#pool.query<{ entry: string; until: number }>(
      // Not as a timestamp, whose text depends on the server's DateStyle.
      'SELECT entry, (extract(epoch FROM until) * 1000)::float8 AS until FROM causeway_revocations WHERE until > now()',
    );
    return rows.map(({ entry, until }) => ({ ...readEntry(entry), until: new Date(until) }));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
