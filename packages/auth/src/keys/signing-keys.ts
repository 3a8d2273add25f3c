import { createPrivateKey, createPublicKey } from 'node:crypto';
import { statSync } from 'node:fs';
import { AppError } from '@causeway/core';
import type { CryptoKey, JWK } from 'jose';
import { refused } from '../jwt/refusal.ts';
import { createSigningKeys } from './create-signing-keys.ts';
import type { FoundKey, KeySource, WantedKey } from './key-source.ts';
import { publishedKeys, signsFromMs } from './published-keys.ts';
import { keyFilePath, readKeyFile, type StoredKey } from './signing-key-file.ts';

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
}

export interface SigningKeysOptions {
  /** `PORTAL_KEYS_DIR`, shared by all replicas. */
  readonly dir: string;
  readonly now: () => number;
  /** Makes the first keys when there are none. Never in production. */
  readonly create: boolean;
  /** How long the longest-lived token of these keys lives: so long an old key stays published. */
  readonly tokenSecondsMax?: number;
}

/** The file is looked at this often: a rotation is seen by every replica within this time. */
export const KEY_FILE_LOOK_MS = 1000;

interface LoadedKey extends SigningKey {
  readonly stored: StoredKey;
  readonly publicKey: CryptoKey;
}

/**
 * The portal's own keys: the one that signs, those whose tokens are still alive, and the next one, published long before it
 * signs. A file that turns bad while we run changes nothing: the keys that were read last hold on, and `problem` says so.
 */
export class SigningKeys implements KeySource {
  readonly #options: SigningKeysOptions;
  #keys: readonly LoadedKey[];
  #version: string;
  #lookedAt: number;
  #problem: string | undefined;

  /** Throws `config_invalid` when there is no usable file and none may be made. */
  constructor(options: SigningKeysOptions) {
    this.#options = options;
    if (options.create) createSigningKeys(options);
    // Before the file itself: a change in between is then seen at the next look.
    this.#version = versionOf(options.dir);
    this.#lookedAt = options.now();
    this.#keys = read(options.dir);
  }

  /** What is wrong with the file now, for health and the log. */
  get problem(): string | undefined {
    this.#look();
    return this.#problem;
  }

  /** Whether `current` has one to give: not while the clock is behind the time of the first key. */
  get canSign(): boolean {
    this.#look();
    return this.#active().length > 0;
  }

  get current(): SigningKey {
    this.#look();
    const current = this.#active()[0];
    if (current === undefined) throw new AppError('upstream_unavailable', 'no key signs at the time of this clock');
    return current;
  }

  /** What `/oauth/jwks` answers. */
  get publicJwks(): { readonly keys: JWK[] } {
    return { keys: this.#published().map(({ stored: { kid, jwk } }) => publicJwk(kid, jwk)) };
  }

  async find({ kid, alg }: WantedKey): Promise<FoundKey> {
    const published = this.#published();
    if (kid === undefined) return refused('kid_missing');
    const key = alg === 'ES256' ? published.find((one) => one.kid === kid) : undefined;
    return key === undefined ? refused('key_unknown') : { ok: true, key: key.publicKey };
  }

  #published(): LoadedKey[] {
    this.#look();
    const { now, tokenSecondsMax } = this.#options;
    const stored = this.#keys.map((key) => key.stored);
    const published = publishedKeys(stored, { nowMs: now(), tokenSecondsMax });
    return this.#keys.filter((key) => published.includes(key.stored));
  }

  /** Those whose time to sign has come, the newest first. */
  #active(): LoadedKey[] {
    const now = this.#options.now();
    return this.#keys
      .filter(({ stored }) => signsFromMs(stored) <= now)
      .toSorted((a, b) => signsFromMs(b.stored) - signsFromMs(a.stored));
  }

  #look(): void {
    const { dir, now } = this.#options;
    // In either direction: a clock that was set back must not end the looking.
    if (Math.abs(now() - this.#lookedAt) < KEY_FILE_LOOK_MS) return;
    this.#lookedAt = now();
    try {
      const version = versionOf(dir);
      // What could not be read is read again: it may have become readable without another change.
      if (version === this.#version && this.#problem === undefined) return;
      this.#keys = readForUse(this.#options);
      this.#version = version;
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof AppError ? error.message : 'the signing keys cannot be read';
    }
  }
}

function read(dir: string): LoadedKey[] {
  const stored = readKeyFile(dir);
  if (stored === undefined) throw new AppError('config_invalid', `${keyFilePath(dir)} is missing`);
  return stored.map(load);
}

/** In place of keys that are at hand. At the start there are none, and with a clock that is behind the first one has to be waited for. */
function readForUse({ dir, now }: SigningKeysOptions): LoadedKey[] {
  const keys = read(dir);
  if (keys.some(({ stored }) => signsFromMs(stored) <= now())) return keys;
  throw new AppError('config_invalid', `${keyFilePath(dir)} has no key that signs now`);
}

function load(stored: StoredKey): LoadedKey {
  const { kid, jwk } = stored;
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return {
    kid,
    stored,
    privateKey: privateKey.toCryptoKey(algorithm, false, ['sign']),
    publicKey: createPublicKey(privateKey).toCryptoKey(algorithm, true, ['verify']),
  };
}

function publicJwk(kid: string, { kty, crv, x, y }: StoredKey['jwk']): JWK {
  return { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' };
}

/** Changes whenever the file is replaced, also through a swapped symbolic link. */
function versionOf(dir: string): string {
  const { ino, mtimeMs, size } = statSync(keyFilePath(dir), { throwIfNoEntry: false }) ?? {};
  return `${ino} ${mtimeMs} ${size}`;
}
