import { hash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { StateStore } from '../state/state-store.ts';
import type { CookieJar } from './cookies.ts';
import type { Sealer } from './sealer.ts';

const stored = z.object({ accountId: z.string(), signedInAt: z.number(), sealedIdToken: z.string() });

/** Somebody's browser, signed in. */
export interface Session {
  /** Never leaves the process; what the cookie holds is another value. */
  readonly id: string;
  readonly accountId: string;
  readonly signedInAt: number;
  /** For the provider's logout. */
  readonly idToken: string | undefined;
}

export interface SessionsDeps {
  readonly store: StateStore;
  readonly cookies: CookieJar;
  readonly sealer: Sealer;
  readonly now: () => number;
  readonly lifetimeMs: () => number;
}

export class Sessions {
  readonly #deps: SessionsDeps;

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
  }

  /** Always under a new name: one that was planted before the sign-in is worth nothing after it (session fixation). */
  async begin(
    request: IncomingMessage,
    response: ServerResponse,
    { accountId, idToken }: { accountId: string; idToken: string },
  ): Promise<void> {
    const { store, cookies, sealer, now, lifetimeMs } = this.#deps;
    const before = cookies.read(request, 'session');
    if (before !== undefined) await store.delete(keyOf(idOf(before)));
    const name = randomBytes(32).toString('base64url');
    const value = { accountId, signedInAt: now(), sealedIdToken: sealer.seal(idToken) };
    const ttlMs = lifetimeMs();
    await store.set(keyOf(idOf(name)), JSON.stringify(value), { ttlMs });
    cookies.write(response, 'session', { value: name, maxAgeSeconds: Math.floor(ttlMs / 1000) });
  }

  async find(request: IncomingMessage): Promise<Session | undefined> {
    const name = this.#deps.cookies.read(request, 'session');
    if (name === undefined) return undefined;
    const id = idOf(name);
    const written = await this.#deps.store.get(keyOf(id));
    if (written === undefined) return undefined;
    const { accountId, signedInAt, sealedIdToken } = stored.parse(JSON.parse(written));
    return { id, accountId, signedInAt, idToken: this.#deps.sealer.open(sealedIdToken) };
  }

  async end(response: ServerResponse, { id }: Session): Promise<void> {
    this.#deps.cookies.clear(response, 'session');
    await this.#deps.store.delete(keyOf(id));
  }
}

/** The store does not hold what a browser could present. */
const idOf = (name: string): string => hash('sha256', name, 'base64url');
const keyOf = (id: string) => `session:${id}`;
