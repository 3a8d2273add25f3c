import { AppError } from '@causeway/core';
import type { Policy } from '@causeway/policy';
import pg from 'pg';
import { type GuardedRelation, loginProblems } from './login-problems.ts';
import type { PolicyAccess } from './policy-access.ts';

/** The oldest server that the governance is written for. */
const VERSION_MIN = 150_000;
/** After this the engine is asked anew which policy it enforces, beside the calls; after the second, before them. */
const FRESH_MS = 1000;
const STALE_MS = 1500;
/** How long a login that was found harmless is taken for it. */
const LOGIN_FRESH_MS = 10_000;

export interface EngineCheckOptions {
  readonly policy: PolicyAccess;
  /** Told what the engine enforces before that is compared with the policy in force. */
  readonly onEngineDigest?: ((engineDigest: string) => void) | undefined;
  readonly now?: () => number;
}

interface Verified {
  readonly engineDigest: string;
  readonly at: number;
  readonly loginAt: number;
}

interface Look {
  readonly isWhole: boolean;
  readonly problems: Promise<readonly string[]>;
}

/** Whether this login, on this server, is held by the rules of the policy in force. Nothing is asked of an engine that was not looked at. */
export class EngineCheck {
  readonly #database: pg.Pool;
  readonly #policy: PolicyAccess;
  readonly #onEngineDigest: (engineDigest: string) => void;
  readonly #now: () => number;
  #verified: Verified | undefined;
  #running: Look | undefined;

  constructor(database: pg.Pool, { policy, onEngineDigest, now }: EngineCheckOptions) {
    this.#database = database;
    this.#policy = policy;
    this.#onEngineDigest = onEngineDigest ?? (() => undefined);
    this.#now = now ?? (() => performance.now());
  }

  async assertGoverned(): Promise<void> {
    const verified = this.#stillVerified();
    const age = verified === undefined ? Infinity : this.#now() - verified.at;
    if (age < FRESH_MS) return;
    const looking = this.#once({ isWhole: false });
    if (age < STALE_MS) return;
    const problems = await looking;
    if (problems.length > 0)
      throw new AppError('upstream_unavailable', `the database is refused: ${problems.join('; ')}`);
  }

  /** Everything that is wrong now. */
  problems(): Promise<readonly string[]> {
    return this.#once({ isWhole: true });
  }

  /** One look at a time, for everybody who asks meanwhile. */
  #once({ isWhole }: Pick<Look, 'isWhole'>): Promise<readonly string[]> {
    const running = this.#running;
    if (running !== undefined && (running.isWhole || !isWhole)) return running.problems;
    const problems = Promise.resolve(running?.problems)
      .then(() => this.#look(isWhole))
      .finally(() => {
        if (this.#running === look) this.#running = undefined;
      });
    const look: Look = { isWhole, problems };
    this.#running = look;
    return problems;
  }

  #stillVerified(): Verified | undefined {
    return this.#verified?.engineDigest === this.#policy().engineDigest ? this.#verified : undefined;
  }

  async #look(isWhole: boolean): Promise<readonly string[]> {
    const at = this.#now();
    try {
      const stored = await this.#storedDigest();
      if (stored !== undefined) this.#onEngineDigest(stored);
      const { policy, engineDigest } = this.#policy();
      const before = this.#stillVerified()?.loginAt ?? -Infinity;
      const loginAt = isWhole || at - before >= LOGIN_FRESH_MS ? at : before;
      const problems = loginAt === at ? await this.#serverProblems(guardedRelations(policy)) : [];
      problems.push(...digestProblems(stored, engineDigest));
      this.#verified = problems.length === 0 ? { engineDigest, at, loginAt } : undefined;
      return problems;
    } catch (error) {
      this.#verified = undefined;
      return [`the database cannot be asked (${sqlState(error) ?? 'no answer'})`];
    }
  }

  async #serverProblems(guarded: readonly GuardedRelation[]): Promise<string[]> {
    const { rows } = await this.#database.query<{ version: number }>(VERSION);
    if ((rows[0]?.version ?? 0) < VERSION_MIN) return ['the database is older than Postgres 15'];
    return loginProblems(this.#database, guarded);
  }

  async #storedDigest(): Promise<string | undefined> {
    try {
      const { rows } = await this.#database.query<{ digest: string }>(DIGEST);
      return rows[0]?.digest;
    } catch (error) {
      // The table or its schema is not there, or this login may not read it.
      if (/^(42P01|3F000|42501)$/.test(sqlState(error) ?? '')) return undefined;
      throw error;
    }
  }
}

function digestProblems(stored: string | undefined, engineDigest: string): string[] {
  if (stored === engineDigest) return [];
  const problem = stored === undefined ? 'is not governed yet' : 'enforces another policy than the one in force here';
  return [`the database ${problem}: run \`causeway db apply\``];
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
