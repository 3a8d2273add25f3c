import { AppError } from '@causeway/core';
import type { Policy } from '@causeway/policy';
import pg from 'pg';
import { type GuardedRelation, loginProblems } from './login-problems.ts';
import type { PolicyAccess } from './policy-access.ts';

/** The oldest server that the governance is written for. */
const VERSION_MIN = 150_000;
/** After this the login is looked at again, beside the calls; after the second it is looked at before them. */
const FRESH_MS = 10_000;
const STALE_MS = 60_000;

interface Verified {
  readonly engineDigest: string;
  readonly at: number;
}

/** Whether this login, on this server, is held by the rules of the policy in force. Nothing is asked of an engine that was not looked at. */
export class EngineCheck {
  readonly #database: pg.Pool;
  readonly #policy: PolicyAccess;
  readonly #now: () => number;
  #verified: Verified | undefined;
  #running: Promise<readonly string[]> | undefined;

  constructor(database: pg.Pool, policy: PolicyAccess, now: () => number = () => performance.now()) {
    this.#database = database;
    this.#policy = policy;
    this.#now = now;
  }

  async assertGoverned(): Promise<void> {
    const age = this.#ageMs();
    if (age < FRESH_MS) return;
    const looking = this.problems();
    if (age < STALE_MS) return;
    const problems = await looking;
    if (problems.length > 0)
      throw new AppError('upstream_unavailable', `the database is refused: ${problems.join('; ')}`);
  }

  /** One look at a time, for everybody who asks meanwhile. */
  problems(): Promise<readonly string[]> {
    this.#running ??= this.#look().finally(() => (this.#running = undefined));
    return this.#running;
  }

  #ageMs(): number {
    const same = this.#verified?.engineDigest === this.#policy().engineDigest;
    return same && this.#verified !== undefined ? this.#now() - this.#verified.at : Infinity;
  }

  async #look(): Promise<readonly string[]> {
    const { policy, engineDigest } = this.#policy();
    const at = this.#now();
    const problems = await this.#ask(guardedRelations(policy), engineDigest);
    this.#verified = problems.length === 0 ? { engineDigest, at } : undefined;
    return problems;
  }

  async #ask(guarded: readonly GuardedRelation[], engineDigest: string): Promise<readonly string[]> {
    try {
      const { rows } = await this.#database.query<{ version: number }>(VERSION);
      if ((rows[0]?.version ?? 0) < VERSION_MIN) return ['the database is older than Postgres 15'];
      const problems = await loginProblems(this.#database, guarded);
      return [...problems, ...(await this.#digestProblems(engineDigest))];
    } catch (error) {
      return [`the database cannot be asked (${sqlState(error) ?? 'no answer'})`];
    }
  }

  async #digestProblems(engineDigest: string): Promise<readonly string[]> {
    const advice = 'run `causeway db apply`';
    try {
      const { rows } = await this.#database.query<{ digest: string }>(DIGEST);
      const stored = rows[0]?.digest;
      return stored === engineDigest
        ? []
        : [`the database enforces another policy than the one in force here: ${advice}`];
    } catch (error) {
      // The table or its schema is not there, or this login may not read it.
      if (/^(42P01|3F000|42501)$/.test(sqlState(error) ?? '')) return [`the database is not governed yet: ${advice}`];
      throw error;
    }
  }
}

const VERSION = `SELECT current_setting('server_version_num')::int AS version`;
const DIGEST = 'SELECT digest FROM causeway.engine_state';

function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

function guardedRelations({ data }: Policy): readonly GuardedRelation[] {
  return Object.entries(data).flatMap(([name, { from }]): GuardedRelation[] => {
    const [schema = '', relation = ''] = name.split('.');
    const [baseSchema = '', baseRelation = ''] = (from ?? `${schema}_base.${relation}`).split('.');
    return [
      { kind: 'view', schema, relation },
      { kind: 'base', schema: baseSchema, relation: baseRelation },
    ];
  });
}
