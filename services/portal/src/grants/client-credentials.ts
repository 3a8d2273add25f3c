import { groupsOfRole } from '@causeway/policy';
import { OAuthRefusal, refuseToken } from '../attempt/oauth-refusal.ts';
import type { Identity } from '../identity/identity.ts';
import { isRevoked } from '../identity/is-revoked.ts';
import { answerPrincipal } from '../identity/principal-answer.ts';
import type { GrantRequest, GrantType } from './grant.ts';
import { optionalParameter } from './parameters.ts';
import { agentOf } from './prove-actor.ts';

/**
 * RFC 6749 §4.4, for agents. For the MCP resource, or with none named: a token of the agent's role. For the portal itself: the
 * token by which the agent says who it is when it asks for a human.
 */
export function createClientCredentials({ identity }: { readonly identity: Identity }): GrantType {
  return {
    name: 'client_credentials',
    parameters: ['resource', 'scope'],
    repeatable: ['resource'],
    grant: async (request) => {
      request.attempt.kind = 'agent_token';
      const { client, parameters } = request;
      // RFC 6749 §4.4: only confidential clients.
      if (!client.isConfidential) throw new OAuthRefusal('unauthorized_client', 'a public client', { denied: true });
      const agent = agentOf(identity.document.policy, client.id);
      if (agent === undefined)
        throw new OAuthRefusal('unauthorized_client', 'no agent has this client', { denied: true });
      const { resource = identity.document.policy.resource } = parameters;
      if (resource === identity.issuer) return answerActor(identity, agent.id, request);
      if (resource !== identity.document.policy.resource) {
        throw new OAuthRefusal('invalid_target', 'the resource is neither the MCP endpoint nor the portal');
      }
      return answerAgent(identity, agent.id, request);
    },
  };
}

async function answerActor(identity: Identity, id: string, { client, attempt, parameters }: GrantRequest) {
  // It opens nothing, so no scope can be had with it.
  if (optionalParameter(parameters, 'scope') !== undefined) {
    throw new OAuthRefusal('invalid_scope', 'a scope for an actor token');
  }
  if (isRevoked(identity.document, { kind: 'agent', id })) throw refuseToken(`the agent "${id}" is revoked`);
  const issued = await identity.signAgent({ id }, client.id);
  Object.assign(attempt.details, { agent: id, resource: identity.issuer, token_id: issued.tokenId });
  return { access_token: issued.token, token_type: 'Bearer', expires_in: issued.lifetimeSeconds };
}

async function answerAgent(identity: Identity, id: string, { client, attempt, parameters }: GrantRequest) {
  const { policy } = identity.document;
  const role = policy.agents[id]?.role ?? '';
  const definition = policy.roles[role];
  if (definition === undefined) throw refuseToken(`the agent "${id}" has no role`);
  attempt.details['agent'] = id;
  const { body } = await answerPrincipal(
    identity,
    {
      principal: { id: definition.principal, role, groups: groupsOfRole(policy, role) },
      human: undefined,
      agent: { id },
      clientId: client.id,
      notAfter: undefined,
      roleScopes: definition.scopes,
      requested: optionalParameter(parameters, 'scope'),
      proofId: undefined,
    },
    attempt,
  );
  return body;
}
