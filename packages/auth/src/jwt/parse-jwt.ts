import { hash } from 'node:crypto';
import { type Refused, refused } from './refusal.ts';
import { parseStrictJson } from './strict-json.ts';

export type JwtMembers = Readonly<Record<string, unknown>>;

/** A JWT taken apart. Nothing of it is proved. */
export interface ParsedJwt {
  readonly ok: true;
  readonly token: string;
  readonly header: JwtMembers;
  readonly payload: JwtMembers;
}

export type ParseRefusal = Refused<
  'too_large' | 'not_a_jwt' | 'encrypted' | 'malformed' | 'duplicate_member' | 'nested'
>;

/** More than any provider issues; looked at before anything is decoded. */
export const TOKEN_LENGTH_MAX = 16 * 1024;

export function parseJwt(token: string): ParsedJwt | ParseRefusal {
  if (token.length > TOKEN_LENGTH_MAX) return refused('too_large');
  const parts = token.split('.');
  // RFC 7516 §9: five parts are an encrypted token. We have no key that anybody could encrypt for.
  if (parts.length === 5) return refused('encrypted');
  if (parts.length !== 3 || !parts.every(isCanonical)) return refused('not_a_jwt');
  const [header = '', payload = ''] = parts;
  const headerRead = parseStrictJson(Buffer.from(header, 'base64url'));
  if (!headerRead.ok) return headerRead;
  // RFC 7519 §5.2: `cty` says that the payload is another token.
  if (Object.hasOwn(headerRead.members, 'cty')) return refused('nested');
  const payloadRead = parseStrictJson(Buffer.from(payload, 'base64url'));
  if (!payloadRead.ok) return payloadRead;
  return { ok: true, token, header: headerRead.members, payload: payloadRead.members };
}

/**
 * RFC 7515 §2: no padding and no other characters. RFC 4648 §3.5: no set bits behind the end, so that a token has one spelling.
 * Empty is let pass here, so that `alg: none` is called by its name.
 */
function isCanonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}

/** What tells this token from every other one, without being it. */
export function tokenIdOf({ token, payload }: ParsedJwt): string {
  const { jti } = payload;
  return typeof jti === 'string' && /^[\x21-\x7e]{1,255}$/.test(jti) ? jti : hash('sha256', token, 'base64url');
}
