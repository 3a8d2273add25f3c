import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { writePrivateFile } from '../write-private-file.ts';

/** The bearer credential that the partner gave us: kept in one file, which the connection's `credentialFile` names. */
export function openCredential(dir: string): string {
  const path = join(dir, 'credential');
  const kept = readKept(path);
  if (kept !== undefined) return kept;
  const credential = randomBytes(32).toString('base64url');
  writePrivateFile(path, `${credential}\n`);
  return credential;
}

/** RFC 6750 §2.1; GitHub takes the scheme `token` as well. */
export function carriesCredential(authorization: string | undefined, credential: string): boolean {
  const offered = /^(?:bearer|token) +(\S+)$/i.exec(authorization ?? '')?.[1];
  return offered !== undefined && timingSafeEqual(digest(offered), digest(credential));
}

function readKept(path: string): string | undefined {
  try {
    return /^[\w-]{43}$/m.exec(readFileSync(path, 'utf8'))?.[0];
  } catch {
    return undefined;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
