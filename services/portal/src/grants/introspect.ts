import { standingOf } from '@causeway/policy';
import { OAuthRefusal } from '../attempt/oauth-refusal.ts';
import { isRevoked } from '../identity/is-revoked.ts';
import { findToken, type FindTokenDeps, type FoundToken } from './find-token.ts';
import type { GrantType } from './grant.ts';
import { INTROSPECT_GRANT } from './own-grants.ts';
import { requiredParameter } from './parameters.ts';
import { agentOf } from './prove-actor.ts';

/** RFC 7662: what a token of ours is worth now. A JWT can be read by whoever holds it; the others are their own client's. */
export function createIntrospect(deps: FindTokenDeps): GrantType {
  return {
    name: INTROSPECT_GRANT,
    parameters: ['token', 'token_type_hint'],
    repeatable: [],
    grant: async ({ client, parameters, attempt }) => {
      // RFC 7662 §2.1: against scanning for tokens. Whoever only names a client has proved nothing.
      if (!client.isConfidential) throw new OAuthRefusal('invalid_client', 'a public client asks', { denied: true });
      const found = await findToken(deps, requiredParameter(parameters, 'token'), client.id);
      const judged = judge(deps, found, client.id);
      if (typeof judged === 'object') return judged;
      // Many of these are somebody who tries tokens. RFC 7662 §2.2: why it is not active is not told.
      attempt.finding = new OAuthRefusal('invalid_grant', `introspection: ${judged}`, { denied: true });
      return { active: false };
    },
  };
}

/** Its own client may, and for principal tokens those of the policy too: MCP servers and gateways. Who registered itself is none. */
function mayAsk({ identity }: FindTokenDeps, { kind, clientId }: FoundToken, asking: string): boolean {
  return clientId === asking || (kind === 'principal' && Object.hasOwn(identity.document.policy.clients, asking));
}

/** What the token says, or why it is worth nothing to who asks. */
function judge(deps: FindTokenDeps, found: FoundToken | undefined, asking: string): Record<string, unknown> | string {
  if (found === undefined) return 'no token of ours, or one that ended';
  return mayAsk(deps, found, asking) ? describe(deps, found) : 'the token is of another client';
}

function describe({ identity }: FindTokenDeps, found: FoundToken): Record<string, unknown> | string {
  const { issuer, document } = identity;
  const common = { active: true, client_id: found.clientId, iss: issuer };
  switch (found.kind) {
    case 'refresh': {
      const { scope, isUsed, issuedAt, expiresAt } = found.record;
      if (isUsed) return 'the refresh token was used';
      return { ...common, scope, iat: issuedAt, exp: expiresAt, token_type: 'refresh_token' };
    }
    case 'agent': {
      if (agentOf(document.policy, found.clientId)?.id !== found.agentId)
        return 'the agent is not the client’s any more';
      const { tokenId, agentId } = found;
      const isGone = isRevoked(document, { kind: 'token', id: tokenId }, { kind: 'agent', id: agentId });
      if (isGone) return 'the agent token is revoked';
      const exp = seconds(found.expiresAt);
      return { ...common, sub: `agent:${found.agentId}`, aud: issuer, exp, jti: found.tokenId };
    }
    case 'principal': {
      const { caller } = found;
      // What the MCP service would say: the policy may have taken away what the token says.
      const standing = standingOf(document, caller);
      if (!standing.ok) return standing.reason;
      return {
        ...common,
        token_type: 'Bearer',
        sub: caller.principal.id,
        aud: document.policy.resource,
        scope: standing.scopes.join(' '),
        exp: seconds(found.expiresAt),
        jti: caller.tokenId,
        role: caller.principal.role,
      };
    }
  }
}

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);
