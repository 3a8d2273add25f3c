import type { Audit } from '@causeway/audit';
import { RevocationFeed, SigningKeys } from '@causeway/auth';
import { formatProblem, openPolicyStore } from '@causeway/policy';
import type { Logger, ServeOptions } from '@causeway/runtime';
import { portalApp } from './app.ts';
import { createAttemptRecorder } from './attempt/record-attempt.ts';
import { auditChanges } from './audit-changes.ts';
import { createAuthorizationServer } from './authorization-server.ts';
import { healthChecks } from './health-checks.ts';
import { createIdentity } from './identity/identity.ts';
import { openTokenLimits } from './limits/token-limits.ts';
import type { PortalSettings } from './settings.ts';
import { createSignedInPeople } from './signed-in-people.ts';
import { openState } from './state/open-state.ts';

export interface PortalDeps {
  readonly settings: PortalSettings;
  readonly logger: Logger;
  readonly audit: Audit;
  readonly now?: () => number;
}

/** What `serve` takes. */
export type OpenedPortal = Pick<ServeOptions, 'apps' | 'checks' | 'closers'>;

type Report = (error: unknown) => void;

/** Opens everything that the portal stands on, and puts it together. Rejects when a part that it needs is not there. */
export async function openPortal({ settings, logger, audit, now = Date.now }: PortalDeps): Promise<OpenedPortal> {
  const report: Report = (error) => logger.warn('something failed off the path of a request', { error });
  const keys = new SigningKeys({ dir: settings.keysDir, now, create: settings.deployment === 'local' });
  const state = await openState(settings, report);
  const feed = new RevocationFeed({ log: state.revocations, now, report });
  await feed.start();
  const policies = await openPolicies({ settings, logger, feed, report });
  const stopAuditing = auditChanges({ policies, keys, sink: audit.sink, report });
  const identity = createIdentity({ issuer: settings.publicUrl, keys, policies, now, report });
  const limits = await openTokenLimits(state.client, () => policies.current);
  const record = createAttemptRecorder({ ...audit, policyDigest: () => policies.current.digest, now });
  const people = createSignedInPeople({ settings, identity, store: state.store, now });
  const server = createAuthorizationServer({ settings, identity, people, state, feed, limits, record, now, logger });
  return {
    apps: [portalApp({ settings, identity, keys, limits, record, now, ...server })],
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
  policies.start();
  return policies;
}
