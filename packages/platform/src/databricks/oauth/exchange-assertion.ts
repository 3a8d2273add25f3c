import type { Secret } from '@causeway/core';
import type { Dependency } from '@causeway/runtime';
import { requestToken } from './request-token.ts';
import type { PlatformToken } from './token-cache.ts';
import type { TokenEndpoint } from './token-endpoint.ts';

/** The portal's word for the caller's principal, for this audience, in exchange for the caller's own token. */
export type AssertPrincipal = (request: AssertionRequest) => Promise<PlatformToken>;

interface AssertionRequest {
  /** The principal token. */
  readonly credential: Secret;
  readonly audience: string;
}

export interface ExchangeDeps {
  readonly dependency: Dependency;
  readonly endpoint: Pick<TokenEndpoint, 'url'>;
  readonly assert: AssertPrincipal;
  readonly now: () => number;
}

export interface Exchange {
  readonly credential: Secret;
  /** Application id of the service principal. */
  readonly principal: string;
  readonly scope: string;
}

/** RFC 8693 as Databricks has it: no client authentication; `client_id` says on which service principal the federation policy is. */
export async function exchangeAssertion(deps: ExchangeDeps, exchange: Exchange): Promise<PlatformToken> {
  const { dependency, endpoint, assert, now } = deps;
  const tokenEndpoint = await endpoint.url();
  const assertion = await assert({ credential: exchange.credential, audience: tokenEndpoint });
  const issued = await requestToken({
    dependency,
    tokenEndpoint,
    now,
    form: {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: assertion.token.reveal(),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      client_id: exchange.principal,
      scope: exchange.scope,
    },
  });
  // Databricks gives a token the end of its assertion; what it says beside that is not believed.
  return { token: issued.token, expiresAt: Math.min(issued.expiresAt, assertion.expiresAt) };
}
