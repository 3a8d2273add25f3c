import type { Human } from '@causeway/core';
import { z } from 'zod';
import { personKey } from '../consent/consents.ts';
import type { Sealer } from '../browser/sealer.ts';
import type { StateStore } from '../state/state-store.ts';

const account = z.object({
  human: z.object({ issuer: z.string(), subject: z.string(), email: z.string().optional(), idp: z.string() }),
  /** What the role is mapped from, each time anew. */
  claims: z.record(z.string(), z.unknown()),
  sealedRefreshToken: z.string().optional(),
  /** The provider said that this person is out. */
  isOver: z.boolean(),
  renewedAt: z.number(),
});

type Written = z.infer<typeof account>;

export interface Account {
  readonly id: string;
  readonly human: Human;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The provider's own, where it gave one. */
  readonly refreshToken: string | undefined;
  readonly isOver: boolean;
  readonly renewedAt: number;
}

export type SignedIn = Pick<Account, 'human' | 'claims' | 'refreshToken'>;

export interface AccountsDeps {
  readonly store: StateStore;
  readonly sealer: Sealer;
  readonly now: () => number;
  readonly keptMs: () => number;
}

/** Who signed in by browser, as their provider told it last. One entry for each person. */
export class Accounts {
  readonly #deps: AccountsDeps;

  constructor(deps: AccountsDeps) {
    this.#deps = deps;
  }

  async find(id: string): Promise<Account | undefined> {
    const written = await this.#deps.store.get(keyOf(id));
    if (written === undefined) return undefined;
    const { sealedRefreshToken, human, ...rest } = account.parse(JSON.parse(written));
    const refreshToken = sealedRefreshToken === undefined ? undefined : this.#deps.sealer.open(sealedRefreshToken);
    return { ...rest, id, human: { ...human, email: human.email }, refreshToken };
  }

  async save({ human, claims, refreshToken }: SignedIn): Promise<string> {
    const id = personKey(human);
    await this.#write(id, {
      human: { ...human, email: human.email },
      claims,
      sealedRefreshToken: refreshToken === undefined ? undefined : this.#deps.sealer.seal(refreshToken),
      isOver: false,
      renewedAt: this.#deps.now(),
    });
    return id;
  }

  /** The provider refused: until the next sign-in there is nothing for this person. */
  async end({ id, human }: Account): Promise<void> {
    await this.#write(id, {
      human: { ...human, email: human.email },
      claims: {},
      isOver: true,
      renewedAt: this.#deps.now(),
    });
  }

  /** One at a time in all replicas: a provider that rotates its refresh tokens takes two at once for theft. */
  async withLock<T>(id: string, work: () => Promise<T>): Promise<T | 'busy'> {
    const { store } = this.#deps;
    const lock = `account-lock:${id}`;
    if (!(await store.add(lock, '1', { ttlMs: LOCK_MS }))) return 'busy';
    try {
      return await work();
    } finally {
      await store.delete(lock);
    }
  }

  async #write(id: string, value: Written): Promise<void> {
    await this.#deps.store.set(keyOf(id), JSON.stringify(value), { ttlMs: this.#deps.keptMs() });
  }
}

const LOCK_MS = 15_000;
const keyOf = (id: string) => `account:${id}`;
