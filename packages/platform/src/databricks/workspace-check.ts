import { AppError } from '@causeway/core';
import { z } from 'zod';
import type { PlatformSession, SqlDialect } from '../platform.ts';
import type { PolicyAccess } from '../postgres/policy-access.ts';

/** After this the workspace is asked again, beside the calls; after the second it is asked before them. */
const FRESH_MS = 30_000;
const STALE_MS = 120_000;

type AskingSession = Pick<PlatformSession, 'query'>;

export interface WorkspaceCheckOptions {
  readonly policy: PolicyAccess;
  readonly dialect: SqlDialect;
  readonly now: () => number;
  readonly onEngineDigest?: ((engineDigest: string) => void) | undefined;
}

/**
 * Whether the workspace enforces the policy that is in force here: it keeps the digest of what it was told in a function. The gateway has no identity of
 * its own there, so it is asked as whoever calls.
 */
export class WorkspaceCheck {
  readonly #options: WorkspaceCheckOptions;
  #verified: { readonly engineDigest: string; readonly at: number } | undefined;
  #problem: string | undefined;
  #running = false;

  constructor(options: WorkspaceCheckOptions) {
    this.#options = options;
  }

  /** What the last caller heard. Undefined: nothing is wrong, or nobody has called yet. */
  get problem(): string | undefined {
    return this.#problem;
  }

  async assertGoverned(session: AskingSession): Promise<void> {
    const age = this.#ageMs();
    if (age < FRESH_MS) return;
    if (age >= STALE_MS) return this.#look(session);
    if (this.#running) return;
    this.#running = true;
    this.#look(session)
      .catch(() => undefined)
      .finally(() => (this.#running = false));
  }

  #ageMs(): number {
    const isSame = this.#verified?.engineDigest === this.#options.policy().engineDigest;
    return isSame && this.#verified !== undefined ? this.#options.now() - this.#verified.at : Infinity;
  }

  async #look(session: AskingSession): Promise<void> {
    const found = await this.#digest(session);
    this.#options.onEngineDigest?.(found);
    const { engineDigest } = this.#options.policy();
    this.#problem = found === engineDigest ? undefined : `the workspace enforces another policy: ${ADVICE}`;
    this.#verified = this.#problem === undefined ? { engineDigest, at: this.#options.now() } : undefined;
    if (this.#problem !== undefined) throw new AppError('upstream_unavailable', this.#problem);
  }

  async #digest(session: AskingSession): Promise<string> {
    const text = `SELECT ${this.#options.dialect.relation('causeway.policy_digest')}() AS digest`;
    try {
      const [row] = await session.query({ name: 'policy_digest', text, values: [], row: digestRow });
      return row?.digest ?? '';
    } catch (error) {
      // Of our own statement: the function is not there.
      if (!(error instanceof AppError) || error.code !== 'internal') throw error;
      return '';
    }
  }
}

const ADVICE = 'run what `causeway policy sql --dialect databricks` prints';

const digestRow = z.object({ digest: z.string() });
