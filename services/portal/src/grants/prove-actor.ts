import { tokenError } from '@causeway/auth';
import type { Agent, Human } from '@causeway/core';
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

/** Which agent asks for this human, or undefined when the human's own application does. */
export async function proveActor(
  { identity, consents }: ProveActorDeps,
  request: GrantRequest,
  human: Human,
): Promise<Agent | undefined> {
  const own = agentOf(identity.document.policy, request.client.id);
  const token = actorToken(request);
  if (token === undefined && own === undefined) return undefined;
  // Without this an agent would get the human's whole token by leaving itself out.
  if (token === undefined) throw refuseToken('the client is an agent’s: it must name itself by an actor token');
  const agent = await verifyActor(identity, token, request.client.id);
  // The policy may have given the client to another agent since.
  if (agent.id !== own?.id) throw refuseToken('actor_token: the agent is not the client’s any more');
  request.attempt.details['agent'] = agent.id;
  await checkConsent({ identity, consents }, agent, human);
  return agent;
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

/** What the human said last counts; where they said nothing, what the policy says. */
export async function checkConsent({ identity, consents }: ProveActorDeps, agent: Agent, human: Human): Promise<void> {
  const said = await consents.find(human, `agent:${agent.id}`);
  if (said?.decision === 'allowed') return;
  if (said?.decision === 'denied') throw refuseToken(`the human has taken back the consent to the agent "${agent.id}"`);
  if (identity.document.policy.agents[agent.id]?.consent === 'admin') return;
  throw refuseToken(`the human has not consented to the agent "${agent.id}"`);
}
