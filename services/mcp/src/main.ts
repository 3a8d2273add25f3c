import packageJson from '../package.json' with { type: 'json' };
import { openAudit } from '@causeway/audit';
import {
  createPlatformTokenVerifier,
  createPrincipalTokenVerifier,
  openRevocationLog,
  RemoteKeys,
  RevocationFeed,
} from '@causeway/auth';
import { AppError } from '@causeway/core';
import {
  openPolicyStore,
  type PolicyDocument,
  type PolicyStore,
  reportWarnings,
  resolvePolicyFile,
  type Revocations,
} from '@causeway/policy';
import {
  createCacheMetrics,
  createDependency,
  createLogger,
  createMetrics,
  LeasedWindow,
  type Front,
  type Logger,
  type Metrics,
  type NetworkRule,
  openFront,
  runMain,
  serve,
  startTelemetry,
  LOOPBACK_NETWORK,
} from '@causeway/runtime';
import { createApps, SERVICE } from './app.ts';
import { ConnectionPool } from './connections/connection-pool.ts';
import { healthChecks } from './health-checks.ts';
import { createConversationHandles } from './conversation/conversation-handles.ts';
import { parseHandleKeys } from './conversation/handle-keys.ts';
import { createCallLimits } from './limits/call-limits.ts';
import { CallSlots } from './limits/call-slots.ts';
import { openRateStore } from './limits/open-rate-store.ts';
import { openPlatform } from './open-platform.ts';
import { PolicyInForce } from './policy/policy-in-force.ts';
import { type McpSettings, readMcpSettings } from './settings.ts';
import { addServiceMetrics } from './service-metrics.ts';
import { offeredTools } from './tools/index.ts';

await runMain(async () => {
  const settings = readMcpSettings(process.env);
  const logger = createLogger({ service: SERVICE, level: settings.logLevel });
  const metrics = createMetrics();
  const front = await openFront({ service: SERVICE, settings, logger, metrics, apps: listeners(settings) });
  const telemetry = await startTelemetry({ service: SERVICE, settings, logger, metrics });
  const parts = await openParts({ settings, logger, metrics, waitFor: front.waitFor });
  const { policy, inForce, platform, audit, rates, portalKeys, obo } = parts;
  const slots = new CallSlots();
  addServiceMetrics({ ...parts, metrics, slots, keys: [portalKeys, ...(obo === undefined ? [] : [obo.keys])] });
  const apps = await createApps({
    ...parts,
    tools: offeredTools(platform),
    policy: inForce,
    limits: createCallLimits({ window: new LeasedWindow(rates.calls), genie: rates.genie, slots }),
    logger,
    metrics,
    listen: settings.listen,
    publicUrl: settings.mcpPublicUrl,
    portalUrl: settings.portalPublicUrl,
    version: packageJson.version,
    obo: obo?.listener,
  });
  const checks = [...healthChecks({ ...parts, workspaceKeys: obo?.keys }), ...audit.checks];
  await serve({
    service: SERVICE,
    settings,
    logger,
    metrics,
    checks,
    front,
    apps,
    closers: [
      ['telemetry', () => telemetry.close()],
      ['policy', () => policy.stop()],
      ['revocations', () => parts.closeRevocations()],
      ['portal keys', () => portalKeys.close()],
      ['workspace keys', () => obo?.keys.close()],
      ['rates', () => rates.close()],
      ['connections', () => parts.connections.close()],
      ['platform', () => platform.close()],
      ['audit', () => audit.close()],
    ],
  });
});

interface Process {
  readonly settings: McpSettings;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly waitFor: Front['waitFor'];
}

function listeners({ listen, oboListen, mcpPublicUrl }: McpSettings) {
  const addresses = [listen, ...(oboListen === undefined ? [] : [oboListen])];
  return addresses.map((address) => ({ listen: address, publicUrls: [mcpPublicUrl] as const }));
}

/** Everything that the service stands on, opened. */
async function openParts({ settings, logger, metrics, waitFor }: Process) {
  const report = (error: unknown) => logger.warn('a system behind this one reports', { error });
  const isProduction = settings.deployment === 'production';
  const onLookup = createCacheMetrics(metrics.registry);
  const location = { redisUrl: settings.redisUrl, stateDatabaseUrl: settings.stateDatabaseUrl };
  const log = openRevocationLog({ ...location, report });
  const revocations = new RevocationFeed({ log, report });
  await waitFor('revocations', () => revocations.start());
  const policy = await openPolicy({ settings, logger, revocations });
  const inForce = new PolicyInForce(() => policy.current);
  const { portalPublicUrl: issuer } = settings;
  const revocationOf: Revocations['revocationOf'] = (whats) => revocations.revocationOf(whats);
  const network = settings.portalNetwork ?? (isProduction ? 'public' : LOOPBACK_NETWORK);
  const portalKeys = remoteKeys('portal', issuer, { network });
  return {
    policy,
    inForce,
    revocations,
    closeRevocations: () => {
      revocations.stop();
      return log.close();
    },
    portalKeys,
    principalTokens: createPrincipalTokenVerifier({
      issuer,
      resource: policy.current.policy.resource,
      keys: portalKeys,
      now: Date.now,
      revocationOf,
      onLookup: onLookup('principal tokens'),
    }),
    obo: openObo(settings, policy.current, { revocationOf, onLookup: onLookup('platform tokens') }),
    audit: openAudit({
      service: SERVICE,
      journalDir: settings.journalDir,
      journalBytesMax: settings.journalMaxMb * 1024 * 1024,
      producerKey: settings.producerKey,
      location,
      isProduction,
      metrics,
      report,
    }),
    platform: await openPlatform({ settings, inForce, portalNetwork: network, logger }),
    connections: new ConnectionPool(),
    conversations: createConversationHandles(parseHandleKeys(settings.handleKey)),
    rates: await waitFor('call limits', () => openRateStore({ ...location, report })),
  };
}

interface PolicyProcess extends Pick<Process, 'settings' | 'logger'> {
  readonly revocations: RevocationFeed;
}

async function openPolicy({ settings, logger, revocations }: PolicyProcess): Promise<PolicyStore> {
  const policy = await openPolicyStore({
    file: settings.policy,
    production: settings.deployment === 'production',
    onRefused: ({ problems }) => logger.error('an edit of the policy is refused', { problems }),
    onError: (error) => logger.error('following the policy failed', { error }),
    revocations,
  });
  const resource = `${settings.mcpPublicUrl}/mcp`;
  if (policy.current.policy.resource !== resource) {
    throw new AppError('config_invalid', `MCP_PUBLIC_URL: the policy's resource is not ${resource}`);
  }
  reportWarnings(policy, (warnings) => logger.warn('the policy has warnings', { warnings }));
  policy.start();
  return policy;
}

interface Trust {
  readonly network: NetworkRule;
  readonly caFile?: string | undefined;
}

function remoteKeys(name: string, issuer: string, trust: Trust): RemoteKeys {
  return new RemoteKeys({ issuer, dependency: createDependency({ name, ...trust }), now: Date.now });
}

interface OboTokens extends Revocations {
  readonly onLookup: (isHit: boolean) => void;
}

function openObo(settings: McpSettings, document: PolicyDocument, tokens: OboTokens) {
  const { oboListen: listen, oboTrustedProxies: trustedProxies, oboIssuer: issuer, oboAudience: audience } = settings;
  if (listen === undefined || trustedProxies === undefined) return undefined;
  if (issuer === undefined || audience === undefined) return undefined;
  const { workspace } = document.policy;
  if (workspace === undefined) throw new AppError('config_invalid', 'OBO_LISTEN: the policy has no workspace');
  const { network, caFile } = workspace;
  const keys = remoteKeys('workspace', issuer, { network, caFile: caFile && resolvePolicyFile(document, caFile) });
  const users = createPlatformTokenVerifier({ issuer, audience, keys, now: Date.now, ...tokens });
  return { keys, listener: { listen, trustedProxies, users } };
}
