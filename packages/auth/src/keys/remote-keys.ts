import { AppError } from '@causeway/core';
import { type BreakerState, type Dependency, requestJson } from '@causeway/runtime';
import { z } from 'zod';
import type { FoundKey, KeySource, WantedKey } from './key-source.ts';
import { createKeySet, jwksDocument, type KeySet } from './key-set.ts';

export interface RemoteKeysOptions {
  readonly issuer: string;
  /** Its own for each issuer: one that is slow or down never holds up another. */
  readonly dependency: Dependency;
  readonly now: () => number;
}

/** How an issuer's keys stand, for health and metrics. */
export interface KeysState {
  readonly name: string;
  readonly keys: number;
  /** Undefined as long as there are none. */
  readonly ageMs: number | undefined;
  /** What was wrong with the last attempt, for the log; undefined when it went well. */
  readonly failure: string | undefined;
  /** How far the issuer's clock was ahead of ours when it last answered. */
  readonly skewMs?: number | undefined;
  /** Of the way to the issuer; keys that are not fetched have none. */
  readonly breaker?: BreakerState;
}

/**
 * A key that the issuer takes away is refused at most 11 minutes later, as long as the issuer can be reached: after 5 minutes
 * the set is refreshed behind the next call, after 10 the next call waits for it. While the issuer is down its known keys
 * hold on, for a day.
 */
export const KEY_TIMES = {
  refreshAfterMs: 5 * 60_000,
  waitAfterMs: 10 * 60_000,
  staleMaxMs: 24 * 3_600_000,
  /** The least time between two fetches. A flood of unknown `kid`s causes one per this time, and a new key is known so soon. */
  coolDownMs: 2000,
  fetchDeadlineMs: 5000,
} as const;

/** RSA keys with their certificate chains take up to 3 KB each. */
const JWKS_BYTES_MAX = 4 * 1024 * 1024;

const discoveryDocument = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** The keys of one issuer, found by its discovery document and from nowhere else. */
export class RemoteKeys implements KeySource {
  readonly #options: RemoteKeysOptions;
  #jwksUri: string | undefined;
  #set: KeySet | undefined;
  #fetchedAt = -Infinity;
  #triedAt = -Infinity;
  #failure: string | undefined;
  #flight: Promise<void> | undefined;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
  }

  get state(): KeysState {
    const { dependency, now } = this.#options;
    const ageMs = this.#set === undefined ? undefined : now() - this.#fetchedAt;
    return {
      name: dependency.name,
      keys: this.#set?.size ?? 0,
      ageMs,
      failure: this.#failure,
      skewMs: dependency.skewMs,
      breaker: dependency.breaker,
    };
  }

  async find(wanted: WantedKey): Promise<FoundKey> {
    await this.#keepFresh();
    const found = await this.#lookUp(wanted);
    const mayBeNew = found === undefined || (!found.ok && found.reason === 'key_unknown');
    if (!mayBeNew || !this.#mayFetch()) return found ?? this.#unavailable();
    await this.#refresh();
    return (await this.#lookUp(wanted)) ?? this.#unavailable();
  }

  async close(): Promise<void> {
    await this.#options.dependency.close();
  }

  /** Undefined when it cannot be told: there is no set, or one that misses this key while a newer one cannot be had. */
  async #lookUp(wanted: WantedKey): Promise<FoundKey | undefined> {
    if (this.#set === undefined || this.#ageMs() > KEY_TIMES.staleMaxMs) return undefined;
    const found = await this.#set.find(wanted);
    return !found.ok && this.#failure !== undefined ? undefined : found;
  }

  async #keepFresh(): Promise<void> {
    if (this.#set === undefined || this.#ageMs() < KEY_TIMES.refreshAfterMs || !this.#mayFetch()) return;
    const refreshed = this.#refresh();
    // After a failure nobody waits for the next attempt: known keys hold on meanwhile.
    if (this.#ageMs() >= KEY_TIMES.waitAfterMs && this.#failure === undefined) await refreshed;
  }

  #ageMs(): number {
    return this.#options.now() - this.#fetchedAt;
  }

  /** Also while a fetch is under way: that one is joined. */
  #mayFetch(): boolean {
    // In either direction: a clock that was set back must not end the asking.
    return this.#flight !== undefined || Math.abs(this.#options.now() - this.#triedAt) >= KEY_TIMES.coolDownMs;
  }

  #unavailable(): FoundKey {
    return { ok: false, reason: 'keys_unavailable', retryAfterMs: KEY_TIMES.fetchDeadlineMs };
  }

  /** One at a time, and it never rejects: how it went is kept. */
  #refresh(): Promise<void> {
    this.#flight ??= this.#fetch().finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #fetch(): Promise<void> {
    try {
      const { dependency } = this.#options;
      this.#jwksUri ??= await this.#discover();
      const call = { url: this.#jwksUri, bodyMaxBytes: JWKS_BYTES_MAX, deadlineMs: KEY_TIMES.fetchDeadlineMs };
      const set = createKeySet(await requestJson(dependency, call, jwksDocument));
      if (set.size === 0) throw new AppError('upstream_unavailable', `${dependency.name}: no usable key is published`);
      this.#set = set;
      this.#fetchedAt = this.#options.now();
      this.#failure = undefined;
    } catch (error) {
      // The keys may have moved.
      this.#jwksUri = undefined;
      this.#failure =
        error instanceof AppError ? error.message : `${this.#options.dependency.name}: unforeseen failure`;
    } finally {
      // Counted from the end, so that a slow issuer is left alone in between as well.
      this.#triedAt = this.#options.now();
    }
  }

  async #discover(): Promise<string> {
    const { dependency, issuer } = this.#options;
    // OpenID Connect Discovery §4.1: a slash at the end of the issuer is left out here, and only here.
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const call = { url, deadlineMs: KEY_TIMES.fetchDeadlineMs };
    const document = await requestJson(dependency, call, discoveryDocument);
    // OpenID Connect Discovery §4.3: the document speaks for the issuer that was asked, and for nobody else.
    if (document.issuer !== issuer) {
      throw new AppError('upstream_unavailable', `${dependency.name}: the discovery document is of another issuer`);
    }
    // No step down from TLS. Which hosts it may name at all is the dependency's network rule.
    if (new URL(issuer).protocol === 'https:' && new URL(document.jwks_uri).protocol !== 'https:') {
      throw new AppError('upstream_unavailable', `${dependency.name}: the keys are not published over https`);
    }
    return document.jwks_uri;
  }
}
