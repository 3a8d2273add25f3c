import { createDependency } from '@causeway/runtime';
import type { KeySource } from '../keys/key-source.ts';
import { type KeysState, RemoteKeys } from '../keys/remote-keys.ts';
import { type Refused, refused } from '../jwt/refusal.ts';
import type { ProviderSettings } from './provider-settings.ts';

export interface TrustedProvider {
  readonly ok: true;
  readonly settings: ProviderSettings;
  readonly keys: KeySource;
}

export type RouteRefusal = Refused<'issuer_missing' | 'issuer_unknown' | 'issuer_spelling'>;

export interface ProviderKeys extends KeySource {
  readonly state: KeysState;
  close(): Promise<void>;
}

export interface TrustedProvidersOptions {
  readonly providers: readonly ProviderSettings[];
  readonly now: () => number;
  /** Tests give keys of their own. */
  readonly openKeys?: (settings: ProviderSettings) => ProviderKeys;
}

interface Entry {
  readonly provider: TrustedProvider;
  readonly keys: ProviderKeys;
  readonly place: string;
}

/** One of the policy that could not be opened. */
interface LeftOut {
  readonly settings: ProviderSettings;
  readonly failure: string;
  readonly retryAt: number;
}

/** The file of a certificate authority that was not whole yet may be whole a moment later. */
const RETRY_MS = 5000;

/** The providers of the current policy, each with its own keys. A policy change keeps the keys of those whose place is the same. */
export class TrustedProviders {
  readonly #openKeys: (settings: ProviderSettings) => ProviderKeys;
  readonly #now: () => number;
  #entries = new Map<string, Entry>();
  /** By issuer. */
  #leftOut = new Map<string, LeftOut>();

  constructor({ providers, now, openKeys }: TrustedProvidersOptions) {
    this.#openKeys = openKeys ?? ((settings) => openRemoteKeys(settings, now));
    this.#now = now;
    this.#entries = this.#open(providers, (_settings, error) => {
      throw error;
    });
  }

  get keyStates(): KeysState[] {
    const leftOut = [...this.#leftOut.values()].map(({ settings: { id }, failure }) => ({
      name: `keys of ${id}`,
      keys: 0,
      ageMs: undefined,
      failure,
    }));
    return [...[...this.#entries.values()].map(({ keys }) => keys.state), ...leftOut];
  }

  /** RFC 7519 §4.1.1, RFC 8725 §3.8: the provider whose issuer is exactly this one. */
  route(issuer: unknown): TrustedProvider | RouteRefusal {
    if (typeof issuer !== 'string') return refused('issuer_missing');
    const entry = this.#entries.get(issuer) ?? this.#openLeftOut(issuer);
    if (entry !== undefined) return entry.provider;
    const loose = loosely(issuer);
    const isNear = [...this.#entries.keys()].some((known) => loosely(known) === loose);
    return refused(isNear ? 'issuer_spelling' : 'issuer_unknown');
  }

  /** One that cannot be opened is left out until it can be, and rejects this: the policy before must not hold for anybody. */
  async update(providers: readonly ProviderSettings[]): Promise<void> {
    const before = this.#entries;
    const failures: unknown[] = [];
    this.#leftOut = new Map();
    this.#entries = this.#open(providers, (settings, error) => {
      failures.push(error);
      this.#leaveOut(settings, error);
    });
    const kept = new Set([...this.#entries.values()].map(({ keys }) => keys));
    await closeAll([...before.values()].map(({ keys }) => keys).filter((keys) => !kept.has(keys)));
    if (failures.length > 0) throw failures[0];
  }

  async close(): Promise<void> {
    await closeAll([...this.#entries.values()].map(({ keys }) => keys));
  }

  /** Asked for by who has a token of it, so nobody has to look after the clock. */
  #openLeftOut(issuer: string): Entry | undefined {
    const left = this.#leftOut.get(issuer);
    if (left === undefined || this.#now() < left.retryAt) return undefined;
    const entry = this.#open([left.settings], (settings, error) => this.#leaveOut(settings, error)).get(issuer);
    if (entry === undefined) return undefined;
    this.#leftOut.delete(issuer);
    this.#entries.set(issuer, entry);
    return entry;
  }

  #leaveOut(settings: ProviderSettings, error: unknown): void {
    const failure = error instanceof Error ? error.message : 'it cannot be opened';
    this.#leftOut.set(settings.issuer, { settings, failure, retryAt: this.#now() + RETRY_MS });
  }

  #open(
    providers: readonly ProviderSettings[],
    onFailure: (settings: ProviderSettings, error: unknown) => void,
  ): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    for (const settings of providers) {
      try {
        entries.set(settings.issuer, this.#entryOf(settings));
      } catch (error) {
        onFailure(settings, error);
      }
    }
    return entries;
  }

  #entryOf(settings: ProviderSettings): Entry {
    const { id, issuer, network, caFile } = settings;
    const place = JSON.stringify([id, issuer, network, caFile]);
    const before = this.#entries.get(issuer);
    const keys = before?.place === place ? before.keys : this.#openKeys(settings);
    return { provider: { ok: true, settings, keys }, keys, place };
  }
}

function openRemoteKeys({ id, issuer, network, caFile }: ProviderSettings, now: () => number): ProviderKeys {
  return new RemoteKeys({ issuer, now, dependency: createDependency({ name: `keys of ${id}`, network, caFile }) });
}

async function closeAll(keys: readonly ProviderKeys[]): Promise<void> {
  await Promise.all(keys.map((one) => one.close()));
}

/** For the reason only: what a typing error in the policy would look like. */
function loosely(issuer: string): string {
  // Not by a pattern: `/+$` takes quadratic time over a stranger's row of slashes.
  let end = issuer.length;
  while (issuer[end - 1] === '/') end--;
  return issuer.slice(0, end).toLowerCase();
}
