import { AppError } from '@causeway/core';
import { z } from 'zod';
import type { PlatformSession, SqlDialect } from '../platform.ts';
import type { PolicyAccess } from '../postgres/policy-access.ts';

/** After this the workspace is asked again, beside the calls; after the second it is asked before them. */
const FRESH_MS = 30_000;
const STALE_MS = 120_000;
/** A replica that says that it is down gets no calls, and only a call can hear that all is well again. */
const PROBLEM_MS = 30_000;

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
  #problem: { readonly text: string; readonly at: number } | undefined;
  #running = false;

  constructor(options: WorkspaceCheckOptions) {
    this.#options = options;
  }

  /** What a caller heard in the last half minute. Undefined: nothing is wrong, or nobody has called. */
  get problem(): string | undefined {
    const isRecent = this.#problem !== undefined && this.#options.now() - this.#problem.at < PROBLEM_MS;
    return isRecent ? this.#problem?.text : undefined;
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
    // Hidden from this caller, and not from one a moment ago: no reason to refuse the others.
    if (found === '' && this.#ageMs() < STALE_MS) throw new AppError('upstream_unavailable', OTHER_POLICY);
    this.#options.onEngineDigest?.(found);
    const { engineDigest } = this.#options.policy();
    const at = this.#options.now();
    const isSame = found === engineDigest;
    this.#verified = isSame ? { engineDigest, at } : undefined;
    this.#problem = isSame ? undefined : { text: OTHER_POLICY, at };
    if (!isSame) throw new AppError('upstream_unavailable', OTHER_POLICY);
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

const OTHER_POLICY =
  'the workspace enforces another policy: run what `causeway policy sql --dialect databricks` prints';

const digestRow = z.object({ digest: z.string() });
