import { AppError } from '@causeway/core';
import { createKeyFile, keyFilePath, newStoredKey, readKeyFile } from './signing-key-file.ts';

export interface CreateOptions {
  /** `PORTAL_KEYS_DIR`. */
  readonly dir: string;
  readonly now: () => number;
}

/** Makes the first signing key and the next one. False, and nothing is changed, when there are keys already. */
export function createSigningKeys({ dir, now }: CreateOptions): boolean {
  if (readKeyFile(dir) !== undefined) return false;
  const at = new Date(now());
  try {
    createKeyFile(dir, [newStoredKey(at, at), newStoredKey(at, null)]);
    return true;
  } catch (error) {
    throw new AppError('config_invalid', `${keyFilePath(dir)} cannot be made`, { cause: error });
  }
}
