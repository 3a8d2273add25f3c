import { tokenError } from '@causeway/auth';
import { type Agent, type Human, isScope, type Scope } from '@causeway/core';
import type { Policy } from '@causeway/policy';
import { OAuthRefusal, refuseToken } from '../attempt/oauth-refusal.ts';
import type { Consents } from '../consent/consents.ts';
import type { Identity } from '../identity/identity.ts';
import { isRevoked } from '../identity/is-revoked.ts';
import type { GrantRequest } from './grant.ts';
import { optionalParameter } from './parameters.ts';
import { ACCESS_TOKEN_TYPE, JWT_TYPE } from './token-types.ts';

/** The agent of the policy whose client this is. */
export function agentOf({ agents }: Policy, clientId: string): Agent | undefined {
  const id = Object.keys(agents).find((name) => agents[name]?.client === clientId);
  return id === undefined ? undefined : { id };
}

export interface ProveActorDeps {
  readonly identity: Identity;
  readonly consents: Consents;
}

export interface ProvenActor {
  readonly agent: Agent;
  /** The scopes that the human agreed to; undefined where the policy’s owner agreed for them. */
  readonly agreed: readonly Scope[] | undefined;
}

/** Which agent asks for this human, or undefined when the human's own application does. */
export async function proveActor(
  { identity, consents }: ProveActorDeps,
  request: GrantRequest,
  human: Human,
): Promise<ProvenActor | undefined> {
  const own = agentOf(identity.document.policy, request.client.id);
  const token = actorToken(request);
  if (token === undefined && own === undefined) return undefined;
  // Without this an agent would get the human's whole token by leaving itself out.
  if (token === undefined) throw refuseToken('the client is an agent’s: it must name itself by an actor token');
  const agent = await verifyActor(identity, token, request.client.id);
  // The policy may have given the client to another agent since.
  if (agent.id !== own?.id) throw refuseToken('actor_token: the agent is not the client’s any more');
  request.attempt.details['agent'] = agent.id;
  return { agent, agreed: await checkConsent({ identity, consents }, agent, human) };
}

/** RFC 8693 §2.1: the type comes with the token, and never alone. */
function actorToken({ parameters }: GrantRequest): string | undefined {
  const token = optionalParameter(parameters, 'actor_token');
  const type = optionalParameter(parameters, 'actor_token_type');
  if (token === undefined && type === undefined) return undefined;
  if (token === undefined || type === undefined) {
    throw new OAuthRefusal('invalid_request', 'an actor token and its type come together');
  }
  if (type === ACCESS_TOKEN_TYPE || type === JWT_TYPE) return token;
  throw new OAuthRefusal('invalid_request', 'the actor token type is not accepted');
}

async function verifyActor({ agentTokens, document }: Identity, token: string, clientId: string): Promise<Agent> {
  const result = await agentTokens.verify(token, clientId);
  if (!result.ok) throw refuseToken(tokenError('actor_token', result).message);
  if (isRevoked(document, { kind: 'token', id: result.tokenId })) throw refuseToken('actor_token: revoked');
  return result.agent;
}

/** What the human said last counts, for the scopes that it was said of; where they said nothing, what the policy says. */
export async function checkConsent(
  { identity, consents }: ProveActorDeps,
  agent: Agent,
  human: Human,
): Promise<ProvenActor['agreed']> {
  const said = await consents.find(human, `agent:${agent.id}`);
  if (said?.decision === 'allowed') return said.scopes.filter(isScope);
  if (said?.decision === 'denied') throw refuseToken(`the human has taken back the consent to the agent "${agent.id}"`);
  if (identity.document.policy.agents[agent.id]?.consent === 'admin') return undefined;
  throw refuseToken(`the human has not consented to the agent "${agent.id}"`);
}
