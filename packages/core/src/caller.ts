import type { Scope } from './scope.ts';

type Pattern = 'federation' | 'obo' | 'm2m';

/** A person, known by the provider that proved them: identity is always (issuer, subject), never the e-mail. */
export interface Human {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | undefined;
  /** The provider's id in the policy. */
  readonly idp: string;
}

export interface Agent {
  readonly id: string;
}

/** Whom the data platform sees: a role's service principal, or under OBO the human. */
export interface Principal {
  readonly id: string;
  readonly role: string | undefined;
  readonly groups: readonly string[];
}

/** The only thing that the inside knows of who is calling. */
export interface Caller {
  readonly pattern: Pattern;
  readonly human: Human | undefined;
  readonly agent: Agent | undefined;
  readonly principal: Principal;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date;
  readonly tokenId: string;
}

/** Whom limits count: the human, the agent, or the agent for that human. Never the role, which many people share. */
export function callerKey(caller: Caller): string {
  return JSON.stringify([caller.human?.issuer, caller.human?.subject, caller.agent?.id]);
}
