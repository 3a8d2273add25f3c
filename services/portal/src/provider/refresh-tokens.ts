import type { Provider } from 'oidc-provider';
import type { RefreshTokens } from '../grants/find-token.ts';
import type { StateStore } from '../state/state-store.ts';
import { groupOf } from './state-adapter.ts';

/** The authorization server's refresh tokens, for revocation and introspection. */
export function refreshTokensOf(
  provider: Provider,
  store: StateStore,
  endTokens: (grantId: string) => Promise<void>,
): RefreshTokens {
  return {
    find: async (token) => {
      const found = await provider.RefreshToken.find(token);
      if (found === undefined) return undefined;
      const { clientId = '', accountId, grantId = '', scope, consumed, iat, exp = 0 } = found;
      return { clientId, accountId, grantId, scope, isUsed: consumed !== undefined, issuedAt: iat, expiresAt: exp };
    },
    endGrant: async (grantId) => {
      // First: whoever makes a token of it meanwhile looks for the grant once more when the token is noted.
      await (await provider.Grant.find(grantId, { ignoreExpiration: true }))?.destroy();
      await endTokens(grantId);
      // Last: when something fails before, the client can ask for it again.
      await store.deleteGroup(groupOf(grantId));
    },
  };
}
