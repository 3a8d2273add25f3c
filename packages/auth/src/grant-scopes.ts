import { isScope, narrowScopes, type Scope } from '@causeway/core';

export interface ScopeRequest {
  /** The `scope` parameter. Absent or empty: all that may be had. */
  readonly requested: string | undefined;
  readonly role: readonly Scope[];
  /** What the agent that asks may have; undefined when the human asks. */
  readonly agent?: readonly Scope[] | undefined;
}

export type GrantedScopes =
  | { readonly ok: true; readonly scopes: readonly Scope[] }
  | { readonly ok: false; readonly reason: 'scope_not_allowed' };

/** A scope only ever narrows: requested ∩ role ∩ agent. Asking for one that the role does not have is an error (RFC 6749 §5.2). */
export function grantScopes({ requested = '', role, agent = role }: ScopeRequest): GrantedScopes {
  const names = requested.split(' ').filter((name) => name !== '');
  const asked = names.filter(isScope).filter((scope) => role.includes(scope));
  if (asked.length < names.length) return { ok: false, reason: 'scope_not_allowed' };
  return { ok: true, scopes: narrowScopes(role, agent, names.length === 0 ? role : asked) };
}
