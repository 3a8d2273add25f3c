import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@causeway/core';

/** Keeps from reading and from forging: what a browser carries, and what the state store holds of other companies' tokens. */
export interface Sealer {
  seal(text: string): string;
  /** Undefined when it was not sealed here, or not with a key that still counts. */
  open(sealed: string): string | undefined;
  /** A proof that whoever shows it was given it for this purpose and session. */
  proof(purpose: string, session: string): string;
  isProof(given: unknown, purpose: string, session: string): boolean;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The first key seals; each of them opens, so that a key can be replaced. */
export function createSealer(secrets: readonly [Secret, ...Secret[]]): Sealer {
  const keys = secrets.map((secret) => ({ seal: derive(secret, 'seal'), proof: derive(secret, 'proof') }));
  const [current] = keys as [(typeof keys)[number], ...typeof keys];
  const proofWith = (key: Buffer, purpose: string, session: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify([purpose, session]))
      .digest('base64url');
  return {
    seal: (text) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.seal, nonce);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open: (sealed) => keys.map(({ seal }) => open(seal, sealed)).find((text) => text !== undefined),
    proof: (purpose, session) => proofWith(current.proof, purpose, session),
    isProof: (given, purpose, session) =>
      typeof given === 'string' && keys.some(({ proof }) => isSame(given, proofWith(proof, purpose, session))),
  };
}

function derive(secret: Secret, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret.reveal(), '', `causeway portal ${purpose}`, 32));
}

function open(key: Buffer, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
