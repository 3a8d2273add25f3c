import type { RevocationFeed } from '@causeway/auth';
import { OAuthRefusal } from '../attempt/oauth-refusal.ts';
import { findToken, type FindTokenDeps, type FoundToken } from './find-token.ts';
import type { GrantType } from './grant.ts';
import { REVOKE_GRANT } from './own-grants.ts';
import { requiredParameter } from './parameters.ts';

export interface RevokeDeps extends FindTokenDeps {
  readonly revocations: Pick<RevocationFeed, 'revoke'>;
}

/** Clocks differ: a revocation is kept a little longer than its token lives. */
const SKEW_MS = 60_000;

/** RFC 7009: a client takes back a token of its own. It holds in every process within two seconds. */
export function createRevoke(deps: RevokeDeps): GrantType {
  return {
    name: REVOKE_GRANT,
    parameters: ['token', 'token_type_hint'],
    repeatable: [],
    grant: async ({ client, parameters, attempt }) => {
      attempt.kind = 'revocation';
      const found = await findToken(deps, requiredParameter(parameters, 'token'), client.id);
      // RFC 7009 §2.2: a token that is unknown, or dead already, is as good as revoked.
      if (found === undefined) {
        // Anybody may send anything here: that is summed up like a refusal.
        attempt.finding = new OAuthRefusal('invalid_grant', 'revocation: no token of ours, or one that ended', {
          denied: true,
        });
        return {};
      }
      // RFC 7009 §2.1: another client's token is refused.
      if (found.clientId !== client.id)
        throw new OAuthRefusal('invalid_grant', 'the token is of another client', { denied: true });
      await end(deps, found);
      Object.assign(attempt.details, describe(found));
      if (found.kind === 'principal') attempt.caller = found.caller;
      return {};
    },
  };
}

async function end({ refreshTokens, revocations }: RevokeDeps, found: FoundToken): Promise<void> {
  if (found.kind === 'refresh') return refreshTokens.endGrant(found.record.grantId);
  const id = found.kind === 'agent' ? found.tokenId : found.caller.tokenId;
  const until = new Date(found.expiresAt.getTime() + SKEW_MS);
  await revocations.revoke({ what: { kind: 'token', id }, reason: 'revoked by its client', until });
}

function describe(found: FoundToken): Record<string, unknown> {
  if (found.kind === 'refresh') return { token_kind: 'refresh' };
  return { token_kind: found.kind, token_id: found.kind === 'agent' ? found.tokenId : found.caller.tokenId };
}
