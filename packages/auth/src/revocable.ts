import type { Caller } from '@causeway/core';

/** What can be taken back. */
export type Revocable =
  | { readonly kind: 'human'; readonly issuer: string; readonly subject: string }
  | { readonly kind: 'agent'; readonly id: string }
  | { readonly kind: 'token'; readonly id: string }
  | { readonly kind: 'role'; readonly role: string };

export interface Revoked {
  readonly what: Revocable;
  /** For the log and the audit trail. */
  readonly reason: string;
}

/** Everything about a caller that may have been taken back since. */
export function revocablesOf({ tokenId, human, agent, principal }: Caller): Revocable[] {
  const revocables: Revocable[] = [{ kind: 'token', id: tokenId }];
  if (human !== undefined) revocables.push({ kind: 'human', issuer: human.issuer, subject: human.subject });
  if (agent !== undefined) revocables.push({ kind: 'agent', id: agent.id });
  if (principal.role !== undefined) revocables.push({ kind: 'role', role: principal.role });
  return revocables;
}
