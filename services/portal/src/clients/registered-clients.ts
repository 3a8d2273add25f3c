import { randomBytes } from 'node:crypto';
import { AppError } from '@causeway/core';
import type { PolicyDocument } from '@causeway/policy';
import { addressBlock, hiddenKey } from '@causeway/runtime';
import { z } from 'zod';
import type { Sealer } from '../browser/sealer.ts';
import type { StateStore } from '../state/state-store.ts';
import { clientDescription, type ClientDescription, describedClient } from './described-client.ts';
import type { FindClient, RegisteredClient } from './policy-clients.ts';

export interface RegisteredClientsDeps {
  readonly store: StateStore;
  readonly sealer: Sealer;
  readonly document: () => PolicyDocument;
}

interface Registration {
  readonly isConfidential: boolean;
  /** Of whoever registers. */
  readonly address: string;
}

const stored = z.object({
  description: clientDescription,
  sealedSecret: z.string().optional(),
  /** The group of its address, in which it waits for a first yes. */
  queue: z.string().optional(),
});

/** What nobody ever agreed to is forgotten after a day; what somebody did, after 90 days without another yes. */
export const NEW_MS = 24 * 3_600_000;
const KEPT_MS = 90 * NEW_MS;
/** Anybody may register, with 16 KB at most: so much of that waits for a first yes, and no more. */
export const NEW_MAX = 2000;
/** So many of them are of one address: nobody holds all places alone. */
const NEW_OF_ADDRESS_MAX = NEW_MAX / 20;
const PREFIX = 'dcr-';
/** What was given out here, and nothing that a store could stumble over. */
const OWN_ID = /^dcr-[\w-]{22}$/;

/** Clients that registered themselves (RFC 7591). */
export class RegisteredClients {
  readonly #deps: RegisteredClientsDeps;

  constructor(deps: RegisteredClientsDeps) {
    this.#deps = deps;
  }

  readonly find: FindClient = async (id) => {
    if (!OWN_ID.test(id)) return undefined;
    const written = await this.#deps.store.get(keyOf(id));
    if (written === undefined) return undefined;
    const { description, sealedSecret } = stored.parse(JSON.parse(written));
    // The policy may have taken the host away since.
    if (!mayRedirect(this.#deps.document(), description)) return undefined;
    if (sealedSecret === undefined) return describedClient(id, description, { token_endpoint_auth_method: 'none' });
    const secret = this.#deps.sealer.open(sealedSecret);
    if (secret === undefined) return undefined;
    return describedClient(id, description, {
      token_endpoint_auth_method: 'client_secret_basic',
      client_secret: secret,
    });
  };

  async register(description: ClientDescription, { isConfidential, address }: Registration): Promise<RegisteredClient> {
    const id = `${PREFIX}${randomBytes(16).toString('base64url')}`;
    const queue = `${PLACES}:${hiddenKey(addressBlock(address))}`;
    await this.#takePlaces(id, queue);
    const secret = isConfidential ? randomBytes(32).toString('base64url') : undefined;
    const sealedSecret = secret === undefined ? undefined : this.#deps.sealer.seal(secret);
    await this.#deps.store.set(keyOf(id), JSON.stringify({ description, sealedSecret, queue }), { ttlMs: NEW_MS });
    const method = isConfidential ? 'client_secret_basic' : 'none';
    return describedClient(id, description, { token_endpoint_auth_method: method, client_secret: secret });
  }

  /** Somebody agreed to it. */
  async keep(id: string): Promise<void> {
    if (!id.startsWith(PREFIX)) return;
    const written = await this.#deps.store.get(keyOf(id));
    if (written === undefined) return;
    // Without what tells of the address: nobody needs it any more.
    const { queue, ...kept } = stored.parse(JSON.parse(written));
    await this.#deps.store.set(keyOf(id), JSON.stringify(kept), { ttlMs: KEPT_MS });
    if (queue === undefined) return;
    for (const group of [queue, PLACES]) await this.#deps.store.delete(placeOf(group, id), group);
  }

  /** Those that ask at the same moment may be a few too many. */
  async #takePlaces(id: string, queue: string): Promise<void> {
    const { store } = this.#deps;
    await this.#checkRoom(queue, NEW_OF_ADDRESS_MAX, 'of this address');
    await this.#checkRoom(PLACES, NEW_MAX, 'in all');
    for (const group of [queue, PLACES]) await store.set(placeOf(group, id), '1', { ttlMs: NEW_MS, group });
  }

  async #checkRoom(group: string, max: number, whose: string): Promise<void> {
    const { size, firstEndsInMs } = await this.#deps.store.countOf(group);
    if (size < max) return;
    const reason = `too many registered clients ${whose} wait for a first yes`;
    throw new AppError('rate_limited', reason, { retryAfterMs: firstEndsInMs });
  }
}

/** Every redirect is at a host that the policy allows. */
export function mayRedirect({ policy }: PolicyDocument, { redirect_uris: redirects }: ClientDescription): boolean {
  const { redirectHosts } = policy.registration;
  return redirects.every((redirect) => redirectHosts.includes(new URL(redirect).hostname.replace(/^\[(.*)\]$/, '$1')));
}

const PLACES = 'clients-without-a-yes';
const keyOf = (id: string) => `client:${id}`;
const placeOf = (group: string, id: string) => `${group}:${id}`;
