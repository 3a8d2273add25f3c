import { type AppError, narrowScopes, type Scope } from '@causeway/core';
import type { Policy } from '@causeway/policy';
import type { Challenge } from '@causeway/runtime';
import { InsufficientScope } from '../call/insufficient-scope.ts';
import { TokenMissing } from './bearer-token.ts';

export interface ChallengeOptions {
  /** Where the protected resource's metadata is. */
  readonly metadataUrl: string;
  readonly policy: () => Pick<Policy, 'roles'>;
}

/** RFC 6750 §3 and RFC 9728 §5.1: what a client needs to come back with a better token. */
export function createChallenge({ metadataUrl, policy }: ChallengeOptions): Challenge {
  const resource = `resource_metadata="${metadataUrl}"`;
  return (error: AppError) => {
    if (error instanceof InsufficientScope) {
      return `Bearer error="insufficient_scope", scope="${error.scope ?? ''}", ${resource}`;
    }
    if (error.code !== 'invalid_token') return undefined;
    const code = error instanceof TokenMissing ? '' : 'error="invalid_token", ';
    return `Bearer ${code}scope="${firstScopes(policy()).join(' ')}", ${resource}`;
  };
}

/** Few to begin with: those that every role has. The rest is asked for when a tool needs it. */
function firstScopes({ roles }: Pick<Policy, 'roles'>): readonly Scope[] {
  return narrowScopes(...Object.values(roles).map(({ scopes }) => scopes));
}
