import { createIdJagVerifier, type ReplayStore, tokenError } from '@causeway/auth';
import { narrowScopes } from '@causeway/core';
import { mapClaims } from '@causeway/policy';
import { SPAN, withSpan } from '@causeway/runtime';
import { OAuthRefusal } from '../attempt/oauth-refusal.ts';
import { personKey } from '../consent/consents.ts';
import type { Identity } from '../identity/identity.ts';
import { answerPrincipal } from '../identity/principal-answer.ts';
import type { TokenLimits } from '../limits/token-limits.ts';
import type { GrantRequest, GrantType } from './grant.ts';
import { optionalParameter, requiredParameter } from './parameters.ts';
import { agentOf } from './prove-actor.ts';
import { JWT_BEARER } from './token-types.ts';

export interface JwtBearerDeps {
  readonly identity: Identity;
  readonly limits: TokenLimits;
  readonly replays: ReplayStore;
  readonly now: () => number;
}

/** RFC 7523 §2.1 with an ID-JAG: the partner's provider says that its person uses this client for this resource. */
export function createJwtBearer(deps: JwtBearerDeps): GrantType {
  return {
    name: JWT_BEARER,
    parameters: ['assertion', 'scope', 'resource'],
    repeatable: ['resource'],
    grant: async (request) => {
      request.attempt.kind = 'token_exchange';
      checkClient(deps, request);
      const assertion = await prove(deps, request);
      const { human } = assertion;
      request.attempt.human = human;
      await deps.limits.count('subject', personKey(human));
      const { identity } = deps;
      const mapped = mapClaims(identity.document, human, assertion.claims);
      if (!mapped.ok) throw refuseGrant(mapped.reason);
      const { body } = await answerPrincipal(
        identity,
        {
          principal: mapped.principal,
          human,
          agent: undefined,
          clientId: request.client.id,
          notAfter: assertion.expiresAt,
          // The extension: never more than the provider's own word allows.
          roleScopes: narrowScopes(mapped.scopes, assertion.scopes ?? mapped.scopes),
          requested: optionalParameter(request.parameters, 'scope'),
          proofId: assertion.tokenId,
        },
        request.attempt,
      );
      return body;
    },
  };
}

/** The extension wants a client that has proved itself; an agent goes by token exchange, where its own limits hold. */
function checkClient({ identity }: JwtBearerDeps, { client, parameters }: GrantRequest): void {
  if (!client.isConfidential) throw new OAuthRefusal('unauthorized_client', 'a public client', { denied: true });
  if (agentOf(identity.document.policy, client.id) !== undefined) {
    throw new OAuthRefusal('unauthorized_client', 'the client is an agent’s', { denied: true });
  }
  const { resource = identity.document.policy.resource } = parameters;
  if (resource !== identity.document.policy.resource) throw new OAuthRefusal('invalid_target', 'not our resource');
}

async function prove({ identity, replays, now }: JwtBearerDeps, { client, parameters, attempt }: GrantRequest) {
  const verifier = createIdJagVerifier({
    providers: identity.providers,
    issuers: () => identity.document.policy.idJag,
    ownIssuer: identity.issuer,
    resource: identity.document.policy.resource,
    replays,
    now,
  });
  const assertion = requiredParameter(parameters, 'assertion');
  const result = await withSpan(SPAN.auth, {}, () => verifier.verify(assertion, client.id));
  if (result.ok) return result;
  attempt.details['idp'] = result.idp;
  const error = tokenError('subject_token', result);
  throw error.code === 'invalid_request' ? refuseGrant(`assertion: ${result.reason}`) : error;
}

/** RFC 7523 §3.1. */
const refuseGrant = (reason: string) => new OAuthRefusal('invalid_grant', reason, { denied: true });
