import type { AuditKind } from '@causeway/audit';
import type { Agent, AppError, Caller, Human } from '@causeway/core';

/** What is known of one request to an OAuth endpoint. It is filled in on the way, and recorded before the answer goes out. */
export interface Attempt {
  kind: AuditKind;
  readonly requestId: string;
  readonly clientAddress: string | undefined;
  readonly startedAt: number;
  /** The client that is named. Whether it proved itself says `isProven`. */
  clientId: string | undefined;
  isProven: boolean;
  /** Proved by a provider's token, even when nothing is given for it. */
  human: Human | undefined;
  /** Proved by its client's credential, even when nothing is given for it. */
  agent: Agent | undefined;
  /** What was given out, and for whom. */
  caller: Caller | undefined;
  /** What the trail must know although the answer is a success. */
  finding: AppError | undefined;
  /** Recordable facts, such as scopes and token ids; never a token. */
  readonly details: Record<string, unknown>;
}

export type AttemptOrigin = Pick<Attempt, 'requestId' | 'clientAddress' | 'startedAt'>;

export function beginAttempt(kind: AuditKind, origin: AttemptOrigin): Attempt {
  return {
    kind,
    ...origin,
    clientId: undefined,
    isProven: false,
    human: undefined,
    agent: undefined,
    caller: undefined,
    finding: undefined,
    details: {},
  };
}
