import type { CryptoKey } from 'jose';
import type { Algorithm } from '../jwt/algorithm.ts';
import type { KeyReason, Refused } from '../jwt/refusal.ts';

/** Which key a token says it was signed with. */
export interface WantedKey {
  readonly alg: Algorithm;
  readonly kid: string | undefined;
}

export type FoundKey = { readonly ok: true; readonly key: CryptoKey } | Refused<KeyReason>;

/** Where the keys of one issuer come from. */
export interface KeySource {
  find(wanted: WantedKey): Promise<FoundKey>;
}
