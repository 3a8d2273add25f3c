import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { AppError } from '@causeway/core';
import { calculateJwkThumbprint, CompactSign, compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import type { ChainRun } from './chain-run.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const seq = z.number().int().nonnegative();

/**
 * One worker handed in the rows from `from`, which follows `prev_hash`, to `chain_seq`, and nobody anything between them. It says nothing of
 * rows before `from`.
 */
export const head = z.strictObject({
  chain: z.string(),
  from: seq.min(1),
  prev_hash: hash,
  chain_seq: seq.min(1),
  hash,
  at: z.iso.datetime(),
});
/** These rows were there, sound, and were taken away by retention. `hash` is that of the last one. */
const retiredRange = z.strictObject({ first: seq, last: seq, hash });
/** It is printed: no line breaks, nothing that steers a terminal. */
const note = z
  .string()
  .max(500)
  .regex(/^\P{C}+$/u);
/** No worker signed these rows; a person looked at them and takes them as they are. `hash` is that of the last one. */
const acceptedRange = z.strictObject({ first: seq.min(1), last: seq.min(1), hash, by: note, reason: note });
export const checkpoint = z.strictObject({
  chain: z.string(),
  retired: z.array(retiredRange),
  accepted: z.array(acceptedRange).optional(),
  months: z.array(z.string()),
  at: z.iso.datetime(),
});

export type Head = z.output<typeof head>;
export type RetiredRange = z.output<typeof retiredRange>;
export type AcceptedRange = z.output<typeof acceptedRange>;
export type Checkpoint = z.output<typeof checkpoint>;

export const HEAD_TYPE = 'causeway-audit-head';
export const CHECKPOINT_TYPE = 'causeway-audit-checkpoint';

/** Each line of the heads file is a compact JWS (RFC 7515 §7.1), so that any JOSE library can check it. */
export interface HeadSigner {
  readonly publicJwk: JWK;
  signHead(run: ChainRun, at: Date): Promise<string>;
  signCheckpoint(checkpoint: Checkpoint): Promise<string>;
}

/** From a private P-256 key in PEM. Its id is its thumbprint (RFC 7638). */
export async function createHeadSigner(pem: string): Promise<HeadSigner> {
  const key = privateKey(pem);
  const jwk = createPublicKey(key).export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(jwk);
  const sign = (typ: string, payload: unknown) =>
    new CompactSign(Buffer.from(JSON.stringify(payload))).setProtectedHeader({ alg: 'ES256', kid, typ }).sign(key);
  return {
    publicJwk: { ...jwk, kid, alg: 'ES256', use: 'sig' },
    signHead: (run, at) => sign(HEAD_TYPE, headOf(run, at)),
    signCheckpoint: (payload) => sign(CHECKPOINT_TYPE, payload),
  };
}

const headOf = ({ chain, from, prevHash, chainSeq, hash: value }: ChainRun, at: Date): Head => ({
  chain,
  from,
  prev_hash: prevHash.toString('hex'),
  chain_seq: chainSeq,
  hash: value.toString('hex'),
  at: at.toISOString(),
});

export const runOf = ({ chain, from, prev_hash, chain_seq, hash: value }: Head): ChainRun => ({
  chain,
  from,
  prevHash: Buffer.from(prev_hash, 'hex'),
  chainSeq: chain_seq,
  hash: Buffer.from(value, 'hex'),
});

function privateKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // Below; the parser's own text might quote the key.
  }
  throw new AppError('config_invalid', 'the audit signing key must be a private P-256 key in PEM');
}

export type HeadKeys = ReadonlyMap<string, Awaited<ReturnType<typeof importJWK>>>;

/** Public keys by id, from a JWK Set, one JWK, or PEM. */
export async function readHeadKeys(text: string): Promise<HeadKeys> {
  const jwks = text.trimStart().startsWith('{')
    ? jwksOf(JSON.parse(text))
    : [createPublicKey(text).export({ format: 'jwk' }) as JWK];
  const keys = await Promise.all(
    jwks.map(async (jwk) => [await calculateJwkThumbprint(jwk), await importJWK(jwk, 'ES256')] as const),
  );
  return new Map(keys);
}

const publicJwk = z.looseObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() });

function jwksOf(value: unknown): JWK[] {
  const set = z.object({ keys: z.array(publicJwk) }).safeParse(value);
  const found = set.success ? set.data.keys : [publicJwk.parse(value)];
  return found.map(({ kty, crv, x, y }) => ({ kty, crv, x, y }));
}

/** Whether this line was signed with one of the keys, as what it says it is. */
export async function isSignedLine(line: string, type: string, keys: HeadKeys): Promise<boolean> {
  try {
    const key = keys.get(decodeProtectedHeader(line).kid ?? '');
    if (key === undefined) return false;
    const { protectedHeader } = await compactVerify(line, key, { algorithms: ['ES256'] });
    return protectedHeader.typ === type;
  } catch {
    return false;
  }
}
