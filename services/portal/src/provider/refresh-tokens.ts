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
      if (found === undefined || found.consumed !== undefined) return undefined;
      const { clientId = '', accountId, grantId = '', scope, iat, exp = 0 } = found;
      return { clientId, accountId, grantId, scope, issuedAt: iat, expiresAt: exp };
    },
    endGrant: async (grantId) => {
      await endTokens(grantId);
      await store.deleteGroup(groupOf(grantId));
      await (await provider.Grant.find(grantId, { ignoreExpiration: true }))?.destroy();
    },
  };
}
