import type { Pool } from 'pg';
import type { GroupCount, Keeping, StateStore } from './state-store.ts';

/** Two replicas that make the same table at once would collide in the catalog. */
const PREPARE = `
  BEGIN;
  SELECT pg_advisory_xact_lock(hashtext('causeway_portal_state'));
  CREATE TABLE IF NOT EXISTS causeway_portal_state
    (key text PRIMARY KEY, value text NOT NULL, member_of text, expires_at timestamptz NOT NULL);
  CREATE INDEX IF NOT EXISTS causeway_portal_state_group ON causeway_portal_state (member_of) WHERE member_of IS NOT NULL;
  CREATE INDEX IF NOT EXISTS causeway_portal_state_end ON causeway_portal_state (expires_at);
  COMMIT`;

const INSERT = `INSERT INTO causeway_portal_state AS old (key, value, member_of, expires_at)
  VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond') ON CONFLICT (key) DO UPDATE
  SET value = excluded.value, member_of = excluded.member_of, expires_at = excluded.expires_at`;

const SWEEP_EVERY_MS = 30_000;
const SWEEP_ROWS = 10_000;

export class PostgresStateStore implements StateStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async prepare(): Promise<void> {
    await this.#pool.query(PREPARE);
  }

  /** Drops what has ended, from now until the answer is called. */
  sweepRegularly(report: (error: unknown) => void): () => void {
    const timer = setInterval(() => void this.sweep().catch(report), SWEEP_EVERY_MS).unref();
    return () => clearInterval(timer);
  }

  async sweep(): Promise<number> {
    const { rowCount } = await this.#pool.query(
      `DELETE FROM causeway_portal_state WHERE key IN
         (SELECT key FROM causeway_portal_state WHERE expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [SWEEP_ROWS],
    );
    return rowCount ?? 0;
  }

  async get(key: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ value: string }>(
      'SELECT value FROM causeway_portal_state WHERE key = $1 AND expires_at > now()',
      [key],
    );
    return rows[0]?.value;
  }

  async set(key: string, value: string, { ttlMs, group }: Keeping): Promise<void> {
    await this.#pool.query(INSERT, [key, value, group ?? null, Math.ceil(ttlMs)]);
  }

  async add(key: string, value: string, { ttlMs, group }: Keeping): Promise<boolean> {
    const { rowCount } = await this.#pool.query(`${INSERT} WHERE old.expires_at <= now()`, [
      key,
      value,
      group ?? null,
      Math.ceil(ttlMs),
    ]);
    return rowCount === 1;
  }

  async take(key: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ value: string }>(
      'DELETE FROM causeway_portal_state WHERE key = $1 AND expires_at > now() RETURNING value',
      [key],
    );
    return rows[0]?.value;
  }

  async delete(key: string): Promise<void> {
    await this.#pool.query('DELETE FROM causeway_portal_state WHERE key = $1', [key]);
  }

  async entriesOf(group: string): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.#pool.query<{ key: string; value: string }>(
      'SELECT key, value FROM causeway_portal_state WHERE member_of = $1 AND expires_at > now() ORDER BY key',
      [group],
    );
    return new Map(rows.map(({ key, value }) => [key, value]));
  }

  async countOf(group: string): Promise<GroupCount> {
    const { rows } = await this.#pool.query<{ size: number; ms: number | null }>(
      `SELECT count(*)::int AS size, ceil(extract(epoch FROM min(expires_at) - now()) * 1000)::float8 AS ms
         FROM causeway_portal_state WHERE member_of = $1 AND expires_at > now()`,
      [group],
    );
    return { size: rows[0]?.size ?? 0, firstEndsInMs: rows[0]?.ms ?? 0 };
  }

  async deleteGroup(group: string): Promise<void> {
    await this.#pool.query('DELETE FROM causeway_portal_state WHERE member_of = $1', [group]);
  }
}
