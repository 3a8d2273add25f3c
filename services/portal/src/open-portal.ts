import type { Audit } from '@causeway/audit';
import { type KeysState, RevocationFeed, SigningKeys } from '@causeway/auth';
import { formatProblem, openPolicyStore, reportWarnings } from '@causeway/policy';
import type { Front, Logger, ServeOptions } from '@causeway/runtime';
import { portalApp } from './app.ts';
import { createAttemptRecorder } from './attempt/record-attempt.ts';
import { auditChanges } from './audit-changes.ts';
import { createAuthorizationServer } from './authorization-server.ts';
import { healthChecks } from './health-checks.ts';
import { createIdentity } from './identity/identity.ts';
import { openTokenLimits } from './limits/token-limits.ts';
import { tracedLimits } from './limits/traced-limits.ts';
import type { PortalSettings } from './settings.ts';
import { createSignedInPeople } from './signed-in-people.ts';
import { openState } from './state/open-state.ts';

export interface PortalDeps {
  readonly settings: PortalSettings;
  readonly logger: Logger;
  readonly audit: Audit;
  readonly now?: () => number;
  /** What no setting of the clock moves. */
  readonly monotonic?: () => number;
  /** Told of each subject token whether it was known. */
  readonly onTokenLookup?: (isHit: boolean) => void;
  /** How to wait for what is not there yet; without it nobody waits. */
  readonly waitFor?: Front['waitFor'];
}

/** What `serve` takes, and how the keys of the providers stand. */
export interface OpenedPortal extends Pick<ServeOptions, 'apps' | 'checks' | 'closers'> {
  readonly keyStates: () => readonly KeysState[];
}

type Report = (error: unknown) => void;

const atOnce: Front['waitFor'] = (_what, open) => open();

/** Opens everything that the portal stands on, and puts it together. Rejects when a part that it needs is not there. */
export async function openPortal(deps: PortalDeps): Promise<OpenedPortal> {
  const {
    settings,
    logger,
    audit,
    onTokenLookup,
    now = Date.now,
    monotonic = () => performance.now(),
    waitFor = atOnce,
  } = deps;
  const report: Report = (error) => logger.warn('something failed off the path of a request', { error });
  const keys = new SigningKeys({ dir: settings.keysDir, now, create: settings.deployment === 'local' });
  const state = await waitFor('state', () => openState(settings, report));
  const feed = new RevocationFeed({ log: state.revocations, now, monotonic, report });
  await waitFor('revocations', () => feed.start());
  const policies = await openPolicies({ settings, logger, feed, report });
  const stopAuditing = auditChanges({ policies, keys, sink: audit.sink, report });
  const identity = createIdentity({ issuer: settings.publicUrl, keys, policies, now, report, onTokenLookup });
  const limits = tracedLimits(await waitFor('limits', () => openTokenLimits(state.client, () => policies.current)));
  const record = createAttemptRecorder({ ...audit, policyDigest: () => policies.current.digest, now });
  const people = createSignedInPeople({ settings, identity, store: state.store, now });
  const server = createAuthorizationServer({ settings, identity, people, state, feed, limits, record, now, logger });
  return {
    apps: [portalApp({ settings, identity, keys, limits, record, now, ...server })],
    keyStates: () => identity.providers.keyStates,
    checks: [...healthChecks({ state, feed, keys, policies, identity }), ...audit.checks],
    closers: [
      ['state', () => state.close()],
      ['revocations', () => feed.stop()],
      ['policy', () => policies.stop()],
      ['changes', stopAuditing],
      ['identity providers', () => identity.close()],
      ['sign-in', () => people.close()],
      ['client metadata', () => server.close()],
    ],
  };
}

interface Policies {
  readonly settings: PortalSettings;
  readonly logger: Logger;
  readonly feed: RevocationFeed;
  readonly report: Report;
}

async function openPolicies({ settings, logger, feed, report }: Policies) {
  const policies = await openPolicyStore({
    file: settings.policy,
    production: settings.deployment === 'production',
    revocations: feed,
    onRefused: ({ problems }) =>
      logger.error('the edit of the policy is refused', { problems: problems.map(formatProblem) }),
    onError: report,
  });
  reportWarnings(policies, (warnings) => logger.warn('the policy has warnings', { warnings }));
  policies.start();
  return policies;
}
