import { SPAN, withSpan } from '@causeway/runtime';
import type { Provider } from 'oidc-provider';
import type { GrantType } from '../grants/grant.ts';
import type { TokenLimits } from '../limits/token-limits.ts';
import { grantRequest } from './grant-request.ts';

/** Our grants at the library's token endpoint, which has authenticated the client before one of them runs. */
export function registerGrants(provider: Provider, limits: TokenLimits, grants: readonly GrantType[]): void {
  for (const { name, grant, parameters, repeatable } of grants) {
    provider.registerGrantType(
      name,
      async (ctx) => {
        const request = grantRequest(ctx);
        // Whoever only names a public client must not use up what its real users may ask for.
        if (request.client.isConfidential) await limits.count('client', request.client.id);
        ctx.body = await withSpan(SPAN.exchange, {}, () => grant(request));
      },
      parameters,
      repeatable,
    );
  }
}
