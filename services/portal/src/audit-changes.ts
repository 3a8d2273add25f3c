import type { AuditEvent, AuditSink } from '@causeway/audit';
import type { SigningKeys } from '@causeway/auth';
import type { PolicyStore } from '@causeway/policy';
import { randomUUID } from 'node:crypto';

export interface ChangeAuditDeps {
  readonly policies: Pick<PolicyStore, 'subscribe'>;
  readonly keys: Pick<SigningKeys, 'canSign' | 'current'>;
  readonly sink: AuditSink;
  readonly report: (error: unknown) => void;
}

const LOOK_MS = 1000;

/** Records that the policy or the signing key is another one from now on. Answers with the way to stop. */
export function auditChanges({ policies, keys, sink, report }: ChangeAuditDeps): () => void {
  const record = (event: Pick<AuditEvent, 'kind' | 'arguments' | 'policyDigest'>) => {
    const whole = { ...event, requestId: randomUUID(), caller: undefined, outcome: { status: 'success' } } as const;
    sink.record(whole).catch(report);
  };
  const unsubscribe = policies.subscribe(({ before, after }) =>
    record({ kind: 'policy_change', arguments: { before: before.digest }, policyDigest: after.digest }),
  );
  let kid = keys.canSign ? keys.current.kid : undefined;
  const timer = setInterval(() => {
    // A clock that is behind: health says so, and the key is the same when the clock is right again.
    if (!keys.canSign) return;
    const { kid: now } = keys.current;
    if (kid !== undefined && now !== kid) record({ kind: 'key_rotation', arguments: { before: kid, after: now } });
    kid = now;
  }, LOOK_MS).unref();
  return () => {
    unsubscribe();
    clearInterval(timer);
  };
}
