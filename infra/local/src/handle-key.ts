import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import type { LocalEnvironment } from './local-environment.ts';
import { writePrivateFile } from './write-private-file.ts';

/** What conversation handles are sealed with: made once. */
export function makeHandleKey({ HANDLE_KEY_FILE }: Pick<LocalEnvironment, 'HANDLE_KEY_FILE'>): void {
  if (existsSync(HANDLE_KEY_FILE)) return;
  mkdirSync(dirname(HANDLE_KEY_FILE), { recursive: true, mode: 0o700 });
  writePrivateFile(HANDLE_KEY_FILE, `k1:${randomBytes(32).toString('base64url')}\n`);
}
