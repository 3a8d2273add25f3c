import { AppError } from '@causeway/core';
import {
  type AssertPrincipal,
  createDatabricksPlatform,
  createPostgresPlatform,
  type DatabricksPlatformOptions,
  loadSemanticModel,
  type Platform,
} from '@causeway/platform';
import { type PolicyDocument, resolvePolicyFile } from '@causeway/policy';
import {
  createDependency,
  type Dependency,
  isLoopbackHost,
  type Logger,
  type NetworkRule,
  LOOPBACK_NETWORK,
} from '@causeway/runtime';
import type { PolicyInForce } from './policy/policy-in-force.ts';
import { createPortalAssertions } from './portal-assertions.ts';
import type { McpSettings } from './settings.ts';

export interface OpenPlatformDeps {
  readonly settings: McpSettings;
  readonly inForce: PolicyInForce;
  readonly portalNetwork: NetworkRule;
  readonly logger: Pick<Logger, 'warn'>;
}

/** The platform that the settings name. */
export function openPlatform(deps: OpenPlatformDeps): Promise<Platform> {
  return deps.settings.platform === 'databricks' ? openDatabricks(deps) : openPostgres(deps);
}

async function openPostgres({ settings, inForce, logger }: OpenPlatformDeps): Promise<Platform> {
  return createPostgresPlatform({
    ...(await semanticModel(inForce.current)),
    url: needed(settings.databaseUrl, 'DATABASE_URL').reveal(),
    policy: () => inForce.current,
    onEngineDigest: (digest) => inForce.engineEnforces(digest),
    onProblem: (message) => logger.warn(message),
  });
}

async function openDatabricks(deps: OpenPlatformDeps): Promise<Platform> {
  const { settings, inForce } = deps;
  const host = new URL(needed(settings.databricksHost, 'DATABRICKS_HOST'));
  const portal = createDependency({ name: 'portal', network: deps.portalNetwork });
  const platform = createDatabricksPlatform({
    ...capabilities(settings),
    host: host.origin,
    workspaceId: settings.databricksWorkspaceId,
    network: settings.databricksNetwork ?? (isLoopbackHost(host.hostname) ? LOOPBACK_NETWORK : 'public'),
    warehouseId: needed(settings.databricksWarehouseId, 'DATABRICKS_WAREHOUSE_ID'),
    catalog: settings.databricksCatalog,
    assert: await assertions(settings, portal),
    policy: () => inForce.current,
    onEngineDigest: (digest) => inForce.engineEnforces(digest),
  });
  return {
    ...platform,
    dependencies: [...(platform.dependencies ?? []), portal],
    close: async () => void (await Promise.all([platform.close(), portal.close()])),
  };
}

type Capabilities = Pick<DatabricksPlatformOptions, 'genie' | 'search' | 'supervisorEndpoint' | 'connections'>;

function capabilities(settings: McpSettings): Capabilities {
  const { databricksGenieSpaceId: spaceId, databricksGenieScope: scope } = settings;
  return {
    genie: spaceId === undefined ? undefined : { spaceId, scope },
    search: searchRoute(settings),
    supervisorEndpoint: settings.databricksSupervisorEndpoint,
    connections: settings.databricksConnections,
  };
}

function searchRoute(settings: McpSettings): Capabilities['search'] {
  const { databricksSearchIndex: index, databricksSearchEndpoint: endpoint } = settings;
  if (index === undefined) return undefined;
  const { databricksSearchScope: scope, databricksSearchQueryType: queryType } = settings;
  const route = { index, scope, queryType };
  if (endpoint === undefined) return { ...route, api: 'vector-search' };
  const workspace = needed(settings.databricksWorkspaceId, 'DATABRICKS_WORKSPACE_ID');
  return { ...route, api: 'ai-search', workspace, endpoint };
}

/** Without a key only the workspace's own people come through, with their own tokens. */
async function assertions(settings: McpSettings, dependency: Dependency): Promise<AssertPrincipal> {
  const { portalClientKey: clientKey, portalPublicUrl: issuer } = settings;
  if (clientKey !== undefined) return createPortalAssertions({ issuer, clientKey, dependency, now: Date.now });
  const refusal = new AppError('exchange_denied', 'there is no PORTAL_CLIENT_KEY: nobody speaks for principals');
  return () => Promise.reject(refusal);
}

function needed<T>(value: T | undefined, variable: string): T {
  if (value === undefined) throw new AppError('config_invalid', `${variable} is not set`);
  return value;
}

/** What the words of questions mean. A policy without it has no analyst. */
async function semanticModel(document: PolicyDocument) {
  const { semanticModel: file } = document.policy;
  return file === undefined ? {} : { semanticModel: await loadSemanticModel(resolvePolicyFile(document, file)) };
}
