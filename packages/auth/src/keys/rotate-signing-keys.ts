import { closeSync, openSync, statSync, unlinkSync } from 'node:fs';
import { AppError } from '@causeway/core';
import { publishedKeys } from './published-keys.ts';
import { keyFilePath, newStoredKey, readKeyFile, replaceKeyFile } from './signing-key-file.ts';
import { KEY_FILE_LOOK_MS } from './signing-keys.ts';

export interface RotationOptions {
  readonly dir: string;
  readonly now: () => number;
  readonly tokenSecondsMax?: number;
}

export interface Rotation {
  /** The key that takes over. */
  readonly kid: string;
  readonly signsFrom: Date;
}

/** Published this long before it signs: every replica has read the file by then, and every reader of the set may ask again. */
export const PUBLISH_LEAD_MS = 10 * KEY_FILE_LOOK_MS;
const LOCK_STALE_MS = 30_000;

/**
 * The next key takes over, a new next one is published, and keys whose tokens are dead go. Nothing is refused meanwhile: a key
 * signs only after it was published for a while, and the one before stays published until its last token is dead.
 */
export function rotateSigningKeys({ dir, now, tokenSecondsMax }: RotationOptions): Rotation {
  return locked(dir, now(), () => {
    const stored = readKeyFile(dir);
    if (stored === undefined) throw new AppError('config_invalid', `${keyFilePath(dir)} is missing`);
    const at = new Date(now());
    const next = stored.find(({ signsFrom }) => signsFrom === null) ?? newStoredKey(at, null);
    const signsFrom = new Date(Math.max(at.getTime(), Date.parse(next.publishedAt) + PUBLISH_LEAD_MS));
    const alive = publishedKeys(stored, { nowMs: at.getTime(), tokenSecondsMax });
    const kept = alive.filter(({ kid }) => kid !== next.kid);
    const promoted = { ...next, signsFrom: signsFrom.toISOString() };
    replaceKeyFile(dir, [...kept, promoted, newStoredKey(at, null)]);
    return { kid: next.kid, signsFrom };
  });
}

/** Two rotations at once would lose one of the new keys. */
function locked<T>(dir: string, nowMs: number, work: () => T): T {
  const path = `${keyFilePath(dir)}.lock`;
  const heldSince = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  // A rotation takes milliseconds: an old lock is of one that was killed.
  if (heldSince !== undefined && nowMs - heldSince > LOCK_STALE_MS) unlinkSync(path);
  let lock: number;
  try {
    lock = openSync(path, 'wx', 0o600);
  } catch (error) {
    throw new AppError('config_invalid', `another rotation is under way, or ${path} cannot be made`, { cause: error });
  }
  try {
    return work();
  } finally {
    closeSync(lock);
    unlinkSync(path);
  }
}
