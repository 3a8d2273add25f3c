import { createECDH, generateKeyPairSync, hash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@causeway/core';
import { z } from 'zod';

const coordinate = z.string().regex(/^[\w-]{43}$/);

const storedKey = z.strictObject({
  kid: z.string().regex(/^[\w-]{43}$/),
  /** From then on in the published set. */
  publishedAt: z.iso.datetime(),
  /** From then on it signs, until the next one does. Null: the next one in line. */
  signsFrom: z.iso.datetime().nullable(),
  jwk: z.strictObject({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: coordinate,
    y: coordinate,
    d: coordinate,
  }),
});

const keyFile = z.strictObject({ version: z.literal(1), keys: z.array(storedKey).min(1).max(50) });

export type StoredKey = z.infer<typeof storedKey>;

/** Where the portal's signing keys are, inside `PORTAL_KEYS_DIR`. All replicas read this one file. */
export const keyFilePath = (dir: string) => join(dir, 'signing-keys.json');

const WORLD_READABLE = 0o004;
const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Undefined when there is no file. Throws `config_invalid`, naming the file and quoting nothing of it, when it is unusable. */
export function readKeyFile(dir: string): readonly StoredKey[] | undefined {
  const path = keyFilePath(dir);
  let text: string;
  try {
    text = readPrivate(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (error instanceof AppError) throw error;
    throw new AppError('config_invalid', `${path} cannot be read`, { cause: error });
  }
  try {
    const { keys } = keyFile.parse(JSON.parse(text));
    for (const { kid, jwk } of keys) {
      if (!isWhole(jwk) || kid !== thumbprint(jwk)) throw new Error('the parts are of different keys');
    }
    return keys;
  } catch {
    // The cause would quote the file.
    throw new AppError('config_invalid', `${path} is damaged`);
  }
}

/** The public part is that of the private one: otherwise every token that it signs is refused. */
function isWhole({ x, y, d }: StoredKey['jwk']): boolean {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(d, 'base64url');
  const point = [Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  return ecdh.getPublicKey().equals(Buffer.concat(point));
}

function readPrivate(path: string): string {
  const file = openSync(path, constants.O_RDONLY);
  try {
    if ((fstatSync(file).mode & WORLD_READABLE) !== 0) {
      throw new AppError('config_invalid', `${path} can be read by everyone on the machine`);
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Writes the first file, unless another replica was quicker. */
export function createKeyFile(dir: string, keys: readonly StoredKey[]): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const staged = stage(dir, keys);
  try {
    // Unlike a rename, a link never replaces what is there.
    linkSync(staged, keyFilePath(dir));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    unlinkSync(staged);
  }
}

/** Whole or not at all, and readable by its owner alone from the first byte. */
export function replaceKeyFile(dir: string, keys: readonly StoredKey[]): void {
  renameSync(stage(dir, keys), keyFilePath(dir));
}

function stage(dir: string, keys: readonly StoredKey[]): string {
  const staged = `${keyFilePath(dir)}.${randomUUID()}`;
  const file = openSync(staged, 'wx', 0o600);
  try {
    writeSync(file, `${JSON.stringify({ version: 1, keys }, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return staged;
}

export function newStoredKey(publishedAt: Date, signsFrom: Date | null): StoredKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = storedKey.shape.jwk.parse(privateKey.export({ format: 'jwk' }));
  return {
    kid: thumbprint(jwk),
    publishedAt: publishedAt.toISOString(),
    signsFrom: signsFrom?.toISOString() ?? null,
    jwk,
  };
}

/** RFC 7638 §3.2: the required members in alphabetical order. */
const thumbprint = ({ crv, kty, x, y }: StoredKey['jwk']) =>
  hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url');
