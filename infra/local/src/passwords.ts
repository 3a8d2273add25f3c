import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { z } from 'zod';

import { readPrivateFile } from './read-private-file.ts';
import { StackProblem } from './stack-problem.ts';
import { writePrivateFile } from './write-private-file.ts';

const secret = z.string().regex(/^[\w-]{32,}$/);

/** One password per login role of the embedded server. `postgres` is its superuser, which no service is given. */
const passwordsFile = z.strictObject({
  postgres: secret,
  causeway_gateway: secret,
  causeway_audit_worker: secret,
  causeway_audit_reader: secret,
  causeway_state: secret,
});

export type Passwords = Readonly<z.infer<typeof passwordsFile>>;

export function makePasswords(): Passwords {
  return {
    postgres: newPassword(),
    causeway_gateway: newPassword(),
    causeway_audit_worker: newPassword(),
    causeway_audit_reader: newPassword(),
    causeway_state: newPassword(),
  };
}

export function keepPasswords(dataDir: string, passwords: Passwords): void {
  writePrivateFile(passwordsPath(dataDir), `${JSON.stringify(passwords, null, 2)}\n`);
}

export function findPasswords(dataDir: string): Passwords | undefined {
  const path = passwordsPath(dataDir);
  const text = readPrivateFile(path);
  return text === undefined ? undefined : parsePasswords(path, text);
}

function passwordsPath(dataDir: string): string {
  return join(dataDir, 'passwords.json');
}

function parsePasswords(path: string, text: string): Passwords {
  try {
    return passwordsFile.parse(JSON.parse(text));
  } catch {
    // The cause would quote the file, so it stays out.
    throw new StackProblem(`${path} is damaged`, [
      'Delete it and start again: new passwords are made and given to the database; no data is lost.',
    ]);
  }
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}
