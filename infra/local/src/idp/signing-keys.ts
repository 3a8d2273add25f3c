import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { z } from 'zod';

import { readPrivateFile } from '../read-private-file.ts';
import { StackProblem } from '../stack-problem.ts';
import { writePrivateFile } from '../write-private-file.ts';

const keysFile = z.strictObject({
  keys: z
    .array(z.looseObject({ kty: z.literal('RSA'), kid: z.string().min(1), alg: z.literal('RS256'), d: z.string() }))
    .min(1),
});

/** One provider's signing keys, the one that signs first. */
export async function openSigningKeys(path: string): Promise<readonly JWK[]> {
  const text = readPrivateFile(path);
  if (text !== undefined) return parseKeys(path, text);
  const keys = [await newKey()];
  keepKeys(path, keys);
  return keys;
}

/** A new key signs from now on. The one before it stays published until the next rotation, so that its tokens live out their time. */
export async function rotateSigningKeys(path: string, current: readonly JWK[]): Promise<readonly JWK[]> {
  const keys = [await newKey(), ...current.slice(0, 1)];
  keepKeys(path, keys);
  return keys;
}

async function parseKeys(path: string, text: string): Promise<readonly JWK[]> {
  try {
    const { keys } = keysFile.parse(JSON.parse(text));
    for (const key of keys) await importJWK(key, 'RS256');
    return keys;
  } catch {
    // The cause would quote the file, so it stays out.
    throw new StackProblem(`${path} is damaged`, [
      'Delete it and start again: a new signing key is made, and tokens signed by the old one are worthless.',
    ]);
  }
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'RS256', use: 'sig' };
}

function keepKeys(path: string, keys: readonly JWK[]): void {
  writePrivateFile(path, `${JSON.stringify({ keys }, null, 2)}\n`);
}
