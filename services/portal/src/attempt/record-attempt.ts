import type { AuditEvent, AuditOutcome, AuditSink, RefusalRecorder } from '@causeway/audit';
import type { AppError, Caller } from '@causeway/core';
import { SPAN, withSpan } from '@causeway/runtime';
import type { Attempt } from './attempt.ts';
import { outcomeOfFailure } from './note-failure.ts';

export interface AttemptRecorderDeps {
  readonly sink: AuditSink;
  readonly refusals: Pick<RefusalRecorder, 'record'>;
  readonly policyDigest: () => string;
  readonly now: () => number;
}

/** Writes down how an attempt ended. Rejects with `audit_unavailable` when it cannot: then the answer must not be given. */
export type RecordAttempt = (attempt: Attempt, failure: AppError | undefined) => Promise<void>;

export function createAttemptRecorder(deps: AttemptRecorderDeps): RecordAttempt {
  return (attempt, failure) => withSpan(SPAN.audit, {}, () => record(deps, attempt, failure));
}

const record = async (
  { sink, refusals, policyDigest, now }: AttemptRecorderDeps,
  attempt: Attempt,
  failure: AppError | undefined,
): Promise<void> => {
  const refusal = failure ?? attempt.finding;
  // To look at a good token gives nothing away and changes nothing: only a refusal is worth a record.
  if (refusal === undefined && attempt.kind === 'request_refused') return;
  const { kind, requestId, clientId, details, startedAt } = attempt;
  const event = {
    kind,
    requestId,
    caller: callerOf(attempt),
    clientId,
    arguments: details,
    latencyMs: now() - startedAt,
    policyDigest: policyDigest(),
  } satisfies Omit<AuditEvent, 'outcome'>;
  if (refusal === undefined) await sink.record({ ...event, outcome: { status: 'success' } });
  else if (attempt.isProven && refusal === failure) await sink.record({ ...event, outcome: refusalOf(refusal) });
  // Whoever proved nothing, or only asks about tokens, cannot fill the journal: a flood is summed up.
  else await refusals.record(attempt.clientAddress, { ...event, outcome: refusalOf(refusal) });
};

type Refused = Exclude<AuditOutcome, { status: 'success' }>;

function refusalOf(failure: AppError): Refused {
  const status = outcomeOfFailure(failure);
  return { status: status === 'success' ? 'error' : status, errorCode: failure.code, reason: failure.message };
}

/** Who proved themselves are named in the trail even when nothing came of it. */
function callerOf({ caller, human, agent, startedAt }: Attempt): Caller | undefined {
  if (caller !== undefined || (human === undefined && agent === undefined)) return caller;
  return {
    pattern: human === undefined ? 'm2m' : 'federation',
    human,
    agent,
    principal: { id: '', role: undefined, groups: [] },
    scopes: [],
    expiresAt: new Date(startedAt),
    tokenId: '',
  };
}
