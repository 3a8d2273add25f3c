import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SigningKeys } from '../keys/signing-keys.ts';

export interface KeyFolder extends Disposable {
  readonly dir: string;
  open(options?: { readonly create?: boolean; readonly tokenSecondsMax?: number }): SigningKeys;
}

/** A folder of signing keys that is gone with the test. */
export function keyFolder(now: () => number): KeyFolder {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-auth-'));
  return {
    dir,
    open: (options = {}) => new SigningKeys({ dir, now, create: true, ...options }),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true }),
  };
}
