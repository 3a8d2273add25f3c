import type { Revocable } from '@causeway/auth';
import type { PolicyDocument } from '@causeway/policy';

/** Whether a token or an agent was taken back, by the policy or at run time. Callers as a whole are judged by `standingOf`. */
export function isRevoked(
  { policy, revocations }: PolicyDocument,
  what: Extract<Revocable, { kind: 'token' | 'agent' }>,
): boolean {
  const listed = what.kind === 'token' ? policy.revoked.tokens : policy.revoked.agents;
  return listed.includes(what.id) || revocations?.revocationOf(what) !== undefined;
}
