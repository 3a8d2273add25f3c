import type { Revocable } from '@causeway/auth';
import type { PolicyDocument } from '@causeway/policy';

/** Whether one of these tokens and agents was taken back, by the policy or at run time. Callers as a whole are judged by `standingOf`. */
export function isRevoked(
  { policy: { revoked }, revocations }: PolicyDocument,
  ...whats: readonly Extract<Revocable, { kind: 'token' | 'agent' }>[]
): boolean {
  const isListed = whats.some(({ kind, id }) => (kind === 'token' ? revoked.tokens : revoked.agents).includes(id));
  return isListed || revocations?.revocationOf(whats) !== undefined;
}
