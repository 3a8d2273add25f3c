import { createLocalJWKSet, errors, type JSONWebKeySet, type JWK } from 'jose';
import { z } from 'zod';
import { refused } from '../jwt/refusal.ts';
import type { FoundKey, KeySource } from './key-source.ts';

/** A published set as it arrives. Members that are no keys, or keys that we cannot use, are dropped one by one (RFC 7517 §5). */
export const jwksDocument = z.object({ keys: z.array(z.unknown()).max(1000) });

export interface KeySet extends KeySource {
  /** How many keys in it are usable. */
  readonly size: number;
}

/** The usable keys of a published set. Each is imported when it is first asked for, so a large set costs little. */
export function createKeySet({ keys }: z.infer<typeof jwksDocument>): KeySet {
  const usable = keys.flatMap((key): JWK[] => publicKey(key));
  const lookup = createLocalJWKSet({ keys: usable } satisfies JSONWebKeySet);
  return {
    size: usable.length,
    find: async (wanted): Promise<FoundKey> => {
      try {
        return {
          ok: true,
          key: await lookup({ alg: wanted.alg, ...(wanted.kid !== undefined && { kid: wanted.kid }) }),
        };
      } catch (error) {
        if (error instanceof errors.JWKSMultipleMatchingKeys) {
          return refused(wanted.kid === undefined ? 'kid_missing' : 'key_ambiguous');
        }
        // No such key, or one that cannot be imported: for the token it is the same.
        return refused('key_unknown');
      }
    },
  };
}

const base64url = z.string().regex(/^[\w-]+$/);
const common = {
  kid: z.string().max(512).optional(),
  alg: z.string().optional(),
  // RFC 7517 §4.2, §4.3: a key for encryption verifies nothing.
  use: z.literal('sig').optional(),
  key_ops: z
    .array(z.string())
    .refine((operations) => operations.includes('verify'))
    .optional(),
};

// RFC 7518 §3.3 and RFC 8725 §3.5 ask for 2048 bits; beyond 8192 a key only costs time.
const RSA_BITS = { min: 2048, max: 8192 };

/** Public members only: what else a key brings (x5c, x5u, a private part) is not read. `oct` has no place here: it is a shared secret. */
const usableKey = z.discriminatedUnion('kty', [
  z.object({
    ...common,
    kty: z.literal('RSA'),
    n: base64url.refine((n) => bitsOf(n) >= RSA_BITS.min && bitsOf(n) <= RSA_BITS.max),
    // RFC 8017 §3.1: at least 3. With 1 a signature would be the message itself.
    e: base64url.refine((e) => bitsOf(e) >= 2),
  }),
  z.object({ ...common, kty: z.literal('EC'), crv: z.enum(['P-256', 'P-384']), x: base64url, y: base64url }),
  z.object({ ...common, kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: base64url }),
]);

function publicKey(key: unknown): JWK[] {
  const { success, data } = usableKey.safeParse(key);
  return success ? [data as JWK] : [];
}

function bitsOf(number: string): number {
  const bytes = Buffer.from(number, 'base64url');
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24;
}
