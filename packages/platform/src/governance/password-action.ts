import { pbkdf2Sync, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { GATEWAY_ROLE } from '@causeway/policy';
import { escapeLiteral } from 'pg';
import type pg from 'pg';
import type { Action } from './action.ts';

const ITERATIONS = 4096;

/** Gives the gateway's login its password, when it has another one. Only the verifier is sent: the server's log never sees the password. */
export async function passwordAction(client: pg.ClientBase, password: string | undefined): Promise<readonly Action[]> {
  if (password === undefined) return [];
  const { rows } = await client.query<{ verifier: string | null }>(STORED, [GATEWAY_ROLE]);
  if (verifies(rows[0]?.verifier ?? '', password)) return [];
  const verifier = scramVerifier(password, randomBytes(16), ITERATIONS);
  const statement = `ALTER ROLE ${GATEWAY_ROLE} PASSWORD ${escapeLiteral(verifier)}`;
  return [{ verb: 'set', what: `password of ${GATEWAY_ROLE}`, statements: [statement], hidden: true }];
}

const STORED = 'SELECT rolpassword AS verifier FROM pg_authid WHERE rolname = $1';

/** RFC 5802 §3, as Postgres stores it. */
export function scramVerifier(password: string, salt: Buffer, iterations: number): string {
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
