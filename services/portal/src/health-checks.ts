import { clockCheck, REVOCATION_FEED_AGE_MAX_MS, type RevocationFeed, type SigningKeys } from '@causeway/auth';
import type { PolicyStore } from '@causeway/policy';
import type { HealthCheck } from '@causeway/runtime';
import type { Identity } from './identity/identity.ts';
import type { State } from './state/open-state.ts';

export interface HealthCheckDeps {
  readonly state: State;
  readonly feed: RevocationFeed;
  readonly keys: SigningKeys;
  readonly policies: PolicyStore;
  readonly identity: Identity;
}

/** What the portal cannot do without is required; a provider that is down concerns its own people only. */
export function healthChecks({ state, feed, keys, policies, identity }: HealthCheckDeps): HealthCheck[] {
  return [
    { name: 'state', required: true, run: () => state.ping() },
    {
      name: 'revocations',
      required: true,
      freshMs: 1000,
      run: async () => {
        if (feed.ageMs <= REVOCATION_FEED_AGE_MAX_MS) return { status: 'ok' };
        return { status: 'down', cause: 'nobody knows what was revoked in the last 30 seconds' };
      },
    },
    {
      name: 'signing_keys',
      required: true,
      run: async () => {
        if (!keys.canSign) return { status: 'down', cause: 'no key signs at the time of this clock' };
        return keys.problem === undefined ? { status: 'ok' } : { status: 'degraded', cause: 'the key file is bad' };
      },
    },
    {
      name: 'policy',
      required: false,
      run: async () =>
        policies.health.status === 'ok'
          ? { status: 'ok' }
          : { status: 'degraded', cause: 'the last edit was refused; the policy before it holds' },
    },
    {
      name: 'identity_providers',
      required: false,
      run: async () => {
        const failing = identity.providers.keyStates.filter(({ failure }) => failure !== undefined);
        if (failing.length === 0) return { status: 'ok' };
        return { status: 'degraded', cause: `unreachable: ${failing.map(({ name }) => name).join(', ')}` };
      },
    },
    clockCheck(() => identity.providers.keyStates),
  ];
}
