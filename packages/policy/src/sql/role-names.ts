import { createHash } from 'node:crypto';

/** Owns what Causeway creates: schemas, functions, sample tables. Nobody logs in as it. */
export const OWNER_ROLE = 'causeway_owner';
/** Owns the governed views, and reads the tables for them. May not bypass row security. */
export const VIEWS_ROLE = 'causeway_views';
/** The login of `services/mcp`. Inherits nothing; may only become a principal or a human. */
export const GATEWAY_ROLE = 'causeway_gateway';

/** Postgres cuts names at this many bytes, and two names that were cut may be one. */
const NAME_BYTES_MAX = 63;

export function fitsName(name: string): boolean {
  return Buffer.byteLength(name) <= NAME_BYTES_MAX;
}

/**
 * The database role of a human: the e-mail in lower case, so that `current_user` says who it is. A name that Postgres would cut
 * is replaced by a hash.
 */
export function humanRole(email: string): string {
  const name = email.toLowerCase();
  return fitsName(name) ? name : `human_${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}
