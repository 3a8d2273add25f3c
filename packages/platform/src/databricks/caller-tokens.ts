import { AppError, type Caller, type Secret } from '@causeway/core';
import { groupsOfHuman } from '@causeway/policy';
import type { PolicyAccess } from '../postgres/policy-access.ts';
import { principalOfRole } from '../principal-of-role.ts';
import type { ScopedTokens } from './http/workspace-client.ts';
import { exchangeAssertion, type ExchangeDeps } from './oauth/exchange-assertion.ts';
import { TokenCache } from './oauth/token-cache.ts';

export interface CallerTokensOptions extends ExchangeDeps {
  readonly policy: PolicyAccess;
}

/** The tokens by which the workspace knows a caller. There is no other identity to fall back to. */
export class CallerTokens {
  readonly #options: CallerTokensOptions;
  readonly #cache: TokenCache;

  constructor(options: CallerTokensOptions) {
    this.#options = options;
    this.#cache = new TokenCache(options.now);
  }

  /** Refuses whom the policy does not know before anything is asked of the workspace. */
  of(caller: Caller, credential: Secret | undefined): ScopedTokens {
    if (caller.pattern === 'obo') this.#assertPerson(caller);
    const principal = caller.pattern === 'obo' ? undefined : this.#principalOf(caller);
    if (credential === undefined) throw new AppError('exchange_denied', 'there is no token to show to the workspace');
    return principal === undefined ? ownToken(credential) : this.#roleTokens(principal, credential);
  }

  /** Everybody in a role shares its service principal. A policy in which the role is another one has tokens of its own. */
  #roleTokens(principal: string, credential: Secret): ScopedTokens {
    const keyOf = (scope: string) => [this.#options.policy().engineDigest, principal, scope];
    return {
      token: (scope, signal) =>
        this.#cache.get(keyOf(scope), () => exchangeAssertion(this.#options, { credential, principal, scope }), signal),
      discard: (scope, token) => this.#cache.discard(keyOf(scope), token),
    };
  }

  #principalOf(caller: Caller): string {
    const principal = principalOfRole(caller, this.#options.policy().policy);
    if (principal !== undefined) return principal;
    throw new AppError('exchange_denied', `the policy has no principal ${caller.principal.id}`);
  }

  /** Those whom the policy names; only where it says so, it leaves it to the workspace who its people are. */
  #assertPerson({ human }: Caller): void {
    const { policy } = this.#options.policy();
    const isNamed = human?.email !== undefined && groupsOfHuman(policy, human.email) !== undefined;
    const isAnybody = human?.email !== undefined && policy.workspace?.admits === 'everybody';
    if (!isNamed && !isAnybody)
      throw new AppError('exchange_denied', 'the policy does not know this person of the workspace');
  }
}

/** Under OBO the workspace's own token goes back to the workspace: what it may do there was decided when it was made. */
const ownToken = (credential: Secret): ScopedTokens => ({
  token: () => Promise.resolve(credential),
  discard: () => undefined,
});
