import { clockCheck, REVOCATION_FEED_AGE_MAX_MS, type RemoteKeys, type RevocationFeed } from '@causeway/auth';
import type { Platform } from '@causeway/platform';
import type { PolicyStore } from '@causeway/policy';
import type { HealthCheck } from '@causeway/runtime';
import type { PolicySource } from './policy/policy-view.ts';
import type { RateStore } from './limits/open-rate-store.ts';

export interface HealthDeps {
  readonly platform: Pick<Platform, 'health'>;
  readonly policy: Pick<PolicyStore, 'health'>;
  readonly inForce: Pick<PolicySource, 'waiting'>;
  readonly portalKeys: Pick<RemoteKeys, 'find' | 'state'>;
  readonly workspaceKeys: Pick<RemoteKeys, 'find' | 'state'> | undefined;
  readonly revocations: Pick<RevocationFeed, 'ageMs'>;
  readonly rates: Pick<RateStore, 'ping'>;
}

/** What this service stands on. Without the required ones it cannot answer a single call rightly. */
export function healthChecks(deps: HealthDeps): HealthCheck[] {
  return [
    {
      name: 'platform',
      required: true,
      timeoutMs: 6000,
      freshMs: 1000,
      run: async () => {
        const { ok, problems } = await deps.platform.health();
        if (!ok) return { status: 'down', cause: problems.join('; ') };
      },
    },
    {
      name: 'policy',
      required: false,
      freshMs: 500,
      run: () => Promise.resolve(policyProblem(deps)),
    },
    { name: 'portal_keys', required: true, timeoutMs: 6000, run: () => askForKeys(deps.portalKeys) },
    ...(deps.workspaceKeys === undefined ? [] : [workspaceCheck(deps.workspaceKeys)]),
    {
      name: 'revocations',
      required: true,
      freshMs: 500,
      run: () =>
        Promise.resolve(
          deps.revocations.ageMs <= REVOCATION_FEED_AGE_MAX_MS
            ? undefined
            : { status: 'down', cause: 'nobody knows what was revoked lately' },
        ),
    },
    {
      name: 'call_limits',
      required: false,
      run: async () => {
        try {
          await deps.rates.ping();
        } catch {
          return { status: 'degraded', cause: 'each replica counts for itself' };
        }
      },
    },
    clockCheck(() => [deps.portalKeys.state, ...(deps.workspaceKeys === undefined ? [] : [deps.workspaceKeys.state])]),
  ];
}

function policyProblem({ policy, inForce }: HealthDeps): { status: 'degraded'; cause: string } | undefined {
  if (policy.health.status !== 'ok') return { status: 'degraded', cause: 'an edit of the policy was refused' };
  if (inForce.waiting === undefined) return undefined;
  return { status: 'degraded', cause: 'an edit of the policy waits for the database: run `causeway db apply`' };
}

const workspaceCheck = (keys: Pick<RemoteKeys, 'find' | 'state'>): HealthCheck => ({
  name: 'workspace_keys',
  required: false,
  timeoutMs: 6000,
  run: () => askForKeys(keys),
});

/** Keys are fetched when they are needed first; asking for one that nobody has fetches them. */
async function askForKeys(
  keys: Pick<RemoteKeys, 'find' | 'state'>,
): Promise<{ status: 'down'; cause: string } | undefined> {
  if (keys.state.keys === 0) await keys.find({ alg: 'ES256', kid: undefined });
  return keys.state.keys > 0 ? undefined : { status: 'down', cause: 'the keys cannot be had' };
}
