import type { Human } from '@causeway/core';
import { hash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { StateStore } from '../state/state-store.ts';

/** What a human said about one application that wants to work for them. */
const consent = z.strictObject({
  application: z.string(),
  decision: z.enum(['allowed', 'denied']),
  scopes: z.array(z.string()),
  at: z.iso.datetime(),
});

export type Consent = z.infer<typeof consent>;

export type Person = Pick<Human, 'issuer' | 'subject'>;

/** An agent of the policy, or an OAuth client. */
export type Application = `agent:${string}` | `client:${string}`;

/** A "yes" is asked for again after a year, so that what nobody uses is forgotten. */
const YES_KEPT_MS = 365 * 24 * 3_600_000;
/** A "no" outlives that: once it is forgotten, the administrator's "yes" counts again. */
const NO_KEPT_MS = 20 * YES_KEPT_MS;
/** Longer than any answer to a "yes" takes. */
const LAST_NO_KEPT_MS = 3_600_000;

/** Who agreed to whom. One entry for each human and application: the last word counts. */
export class Consents {
  readonly #store: StateStore;
  readonly #now: () => number;

  constructor(store: StateStore, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  async find(person: Person, application: Application): Promise<Consent | undefined> {
    const written = await this.#store.get(keyOf(person, application));
    return written === undefined ? undefined : consent.parse(JSON.parse(written));
  }

  async listOf(person: Person): Promise<Consent[]> {
    const entries = await this.#store.entriesOf(groupOf(person));
    return [...entries.values()].map((written) => consent.parse(JSON.parse(written)));
  }

  /** A name for the last "no", so that a later one is told from it. */
  async lastNo(person: Person, application: Application): Promise<string | undefined> {
    return this.#store.get(noKeyOf(person, application));
  }

  async allow(person: Person, application: Application, scopes: readonly string[]): Promise<void> {
    await this.#write(person, { application, decision: 'allowed', scopes: [...scopes], at: this.#at() });
  }

  /** Kept as a "no": the consent of an administrator does not override it. */
  async deny(person: Person, application: Application): Promise<void> {
    // First: a "yes" that is being written down now sees it, and comes to nothing.
    await this.#store.set(noKeyOf(person, application), randomUUID(), { ttlMs: LAST_NO_KEPT_MS });
    await this.#write(person, { application, decision: 'denied', scopes: [], at: this.#at() });
  }

  async #write(person: Person, value: Consent): Promise<void> {
    const key = keyOf(person, value.application);
    const ttlMs = value.decision === 'allowed' ? YES_KEPT_MS : NO_KEPT_MS;
    await this.#store.set(key, JSON.stringify(value), { ttlMs, group: groupOf(person) });
  }

  #at(): string {
    return new Date(this.#now()).toISOString();
  }
}

/** Keys hold no names: identity is (issuer, subject), hashed. */
export const personKey = ({ issuer, subject }: Person): string =>
  hash('sha256', JSON.stringify([issuer, subject]), 'base64url');

const groupOf = (person: Person) => `consents:${personKey(person)}`;
const keyOf = (person: Person, application: string) => `consent:${personKey(person)}:${application}`;
const noKeyOf = (person: Person, application: string) => `consent-no:${personKey(person)}:${application}`;
