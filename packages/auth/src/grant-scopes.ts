import { isScope, narrowScopes, type Scope } from '@causeway/core';

export interface ScopeRequest {
  /** The `scope` parameter. Absent or empty: all that may be had. */
  readonly requested: string | undefined;
  readonly role: readonly Scope[];
  /** What the agent that asks may have; undefined when the human asks. */
  readonly agent?: readonly Scope[] | undefined;
  /** What the human agreed to for that agent; undefined where the policy’s owner agreed for them. */
  readonly agreed?: readonly Scope[] | undefined;
}

export type GrantedScopes =
  | { readonly ok: true; readonly scopes: readonly Scope[] }
  | { readonly ok: false; readonly reason: 'scope_not_allowed' | 'scope_not_agreed' };

/**
 * A scope only ever narrows: requested ∩ role ∩ agent ∩ agreed. Asking for one that the role does not have, or that the human
 * did not agree to, is an error (RFC 6749 §5.2).
 */
export function grantScopes({ requested = '', role, agent = role, agreed = agent }: ScopeRequest): GrantedScopes {
  const names = requested.split(' ').filter((name) => name !== '');
  const asked = names.filter(isScope).filter((scope) => role.includes(scope));
  if (asked.length < names.length) return { ok: false, reason: 'scope_not_allowed' };
  const possible = narrowScopes(role, agent, names.length === 0 ? role : asked);
  const scopes = narrowScopes(possible, agreed);
  if (names.length > 0 && scopes.length < possible.length) return { ok: false, reason: 'scope_not_agreed' };
  return { ok: true, scopes };
}
