import type { Audit } from '@causeway/audit';
import type { PlatformTokenVerifier, PrincipalTokenVerifier } from '@causeway/auth';
import type { Platform } from '@causeway/platform';
import type { ListenAddress, Logger, Metrics, Networks, ServedApp } from '@causeway/runtime';
import { createCallMetrics } from './call/call-metrics.ts';
import type { ConnectionPool } from './connections/connection-pool.ts';
import type { ConversationHandles } from './conversation/conversation-handles.ts';
import { createToolHost } from './call/create-tool-host.ts';
import type { Tool } from './call/define-tool.ts';
import { type Authenticate, authenticateBearer, authenticateObo, type OboOptions } from './http/authenticate.ts';
import { createChallenge } from './http/challenge.ts';
import { refuseMethod, serveMcp } from './http/mcp-endpoint.ts';
import { METADATA_PATHS, metadataUrl, serveMetadata } from './http/resource-metadata.ts';
import { type CallLimits } from './limits/call-limits.ts';
import { createMcp } from './mcp/create-mcp.ts';
import { createPolicyViews, type PolicySource } from './policy/policy-view.ts';

export const SERVICE = 'mcp';

export interface AppDeps {
  readonly tools: readonly Tool[];
  readonly policy: PolicySource;
  readonly platform: Platform;
  readonly connections: ConnectionPool;
  readonly conversations: ConversationHandles;
  readonly limits: CallLimits;
  readonly audit: Pick<Audit, 'sink' | 'refusals'>;
  readonly principalTokens: Pick<PrincipalTokenVerifier, 'verify'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly listen: ListenAddress;
  readonly publicUrl: string;
  readonly portalUrl: string;
  readonly version: string;
  readonly obo: Obo | undefined;
}

interface Obo {
  readonly listen: ListenAddress;
  readonly trustedProxies: Networks;
  readonly users: Pick<PlatformTokenVerifier, 'verify'>;
}

/** The service's two applications: one for principal tokens, one for the platform's own people. They differ in who is let in. */
export async function createApps(deps: AppDeps): Promise<ServedApp[]> {
  const { audit, logger, publicUrl, principalTokens, obo } = deps;
  const offered = deps.tools.map(({ name }) => name);
  const views = createPolicyViews(deps.policy, { offered, dialect: deps.platform.dialect });
  const onCall = createCallMetrics({
    registry: deps.metrics.registry,
    tools: offered,
    roles: () => Object.keys(deps.policy.current.policy.roles),
  });
  const tools = new Map(deps.tools.map((tool) => [tool.name as string, tool]));
  const host = createToolHost({ ...deps, tools, policy: views, audit: audit.sink, service: SERVICE, onCall });
  const info = { name: 'causeway', title: 'Causeway', version: deps.version };
  const mcp = await createMcp({
    service: SERVICE,
    info,
    host,
    onError: (error) => logger.warn('the protocol layer reports', { error }),
  });

  const policyDigest = () => deps.policy.current.digest;
  const app = (listen: ListenAddress, publicUrls: ServedApp['publicUrls'], authenticate: Authenticate): ServedApp => ({
    listen,
    publicUrls,
    routes: ['POST /mcp', ...METADATA_PATHS.map((path) => `GET ${path}` as const)],
    challenge: createChallenge({ metadataUrl: metadataUrl(publicUrl), policy: () => deps.policy.current.policy }),
    endpoints: {
      'POST /mcp': serveMcp({ mcp, authenticate, origins: [publicUrl], refusals: audit.refusals, policyDigest }),
    },
    mount: (express) => {
      const metadata = serveMetadata({
        resource: deps.policy.current.policy.resource,
        authorizationServer: deps.portalUrl,
      });
      for (const path of METADATA_PATHS) express.get(path, metadata);
      express.all('/mcp', refuseMethod);
    },
  });
  const main = app(deps.listen, [publicUrl], authenticateBearer(principalTokens));
  if (obo === undefined) return [main];
  const { listen, trustedProxies, users } = obo;
  // The platform's proxy is on the inside, and comes by address.
  const hosts = [publicUrl, `http://${listen.host}:${listen.port}`] as const;
  const assertStanding: OboOptions['assertStanding'] = (agent) => views().assertStanding(agent);
  const onBehalf = authenticateObo({ trustedProxies, users, agents: principalTokens, assertStanding });
  return [main, app(listen, hosts, onBehalf)];
}
