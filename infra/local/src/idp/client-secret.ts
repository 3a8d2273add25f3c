import { randomBytes } from 'node:crypto';

import { readPrivateFile } from '../read-private-file.ts';
import { StackProblem } from '../stack-problem.ts';
import { writePrivateFile } from '../write-private-file.ts';

/** The portal's secret at one provider: made once, and read by both from the same file. */
export function openClientSecret(path: string): string {
  const text = readPrivateFile(path);
  if (text === undefined) {
    const secret = randomBytes(32).toString('base64url');
    writePrivateFile(path, `${secret}\n`);
    return secret;
  }
  const secret = text.trim();
  if (!/^[\w-]{43}$/.test(secret)) {
    throw new StackProblem(`${path} is damaged`, ['Delete it and start again: a new secret is made.']);
  }
  return secret;
}
