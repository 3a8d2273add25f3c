import { pbkdf2Sync, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { escapeIdentifier, escapeLiteral } from 'pg';
import type pg from 'pg';
import type { Action } from './action.ts';

const ITERATIONS = 4096;

/** Gives a login its password, when it has another one. Only the verifier is sent: the server's log never sees the password. */
export async function passwordAction(
  client: pg.ClientBase,
  role: string,
  password: string | undefined,
): Promise<readonly Action[]> {
  if (password === undefined) return [];
  // Only a superuser may read what is stored; anybody else sets it anew.
  const { rows: rights } = await client.query<{ may: boolean }>(MAY_READ);
  const { rows } = await client.query<{ verifier: string | null }>(rights[0]?.may ? STORED : NOT_STORED, [role]);
  if (verifies(rows[0]?.verifier ?? '', password)) return [];
  const verifier = scramVerifier(password, randomBytes(16), ITERATIONS);
  const statement = `ALTER ROLE ${escapeIdentifier(role)} PASSWORD ${escapeLiteral(verifier)}`;
  return [{ verb: 'set', what: `password of ${role}`, statements: [statement], hidden: true }];
}

const MAY_READ = `SELECT has_table_privilege('pg_authid', 'SELECT') AS may`;
const NOT_STORED = 'SELECT NULL AS verifier WHERE $1::text IS NULL';
const STORED = 'SELECT rolpassword AS verifier FROM pg_authid WHERE rolname = $1';

/** RFC 5802 §3, as Postgres stores it. */
function scramVerifier(password: string, salt: Buffer, iterations: number): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64');
  const serverKey = hmac(salted, 'Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

function verifies(stored: string, password: string): boolean {
  const match = /^SCRAM-SHA-256\$(\d+):([^$]+)\$/.exec(stored);
  if (match === null) return false;
  const [, iterations = '', salt = ''] = match;
  const expected = scramVerifier(password, Buffer.from(salt, 'base64'), Number(iterations));
  return expected.length === stored.length && timingSafeEqual(Buffer.from(expected), Buffer.from(stored));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
