import { createDependency, type NetworkRule } from '@causeway/runtime';
import type { Platform, PlatformHealth } from '../platform.ts';
import type { PolicyAccess } from '../postgres/policy-access.ts';
import { openCallerSession } from './caller-session.ts';
import { CallerTokens } from './caller-tokens.ts';
import { databricksDialect } from './dialect.ts';
import type { AssertPrincipal } from './oauth/exchange-assertion.ts';
import { TokenEndpoint } from './oauth/token-endpoint.ts';
import type { IndexRoute } from './search/search-call.ts';
import type { SqlLimits } from './sql/caller-sql.ts';
import { type Sleep, sleepUnlessAborted } from './sleep.ts';
import { WorkspaceCheck } from './workspace-check.ts';

export interface DatabricksPlatformOptions {
  /** Origin of the workspace. */
  readonly host: string;
  /** Its number, for a host that is that of several workspaces. */
  readonly workspaceId?: string | undefined;
  readonly network: NetworkRule;
  readonly caFile?: string | undefined;
  readonly warehouseId: string;
  readonly catalog: string;
  /** The policy that is in force now. */
  readonly policy: PolicyAccess;
  /** The portal's word for a principal. */
  readonly assert: AssertPrincipal;
  /** Without it nobody can ask. */
  readonly genie?: { readonly spaceId: string; readonly scope: string } | undefined;
  /** Without it there are no documents to search. */
  readonly search?: IndexRoute | undefined;
  /** The serving endpoint of a supervisor. Without it the service plans itself. */
  readonly supervisorEndpoint?: string | undefined;
  /** How Unity Catalog reaches outside APIs. */
  readonly connections: 'proxy' | 'http_request';
  readonly onEngineDigest?: (engineDigest: string) => void;
  readonly limits?: Partial<SqlLimits>;
  readonly now?: () => number;
  /** The pauses between two looks at a statement or a question that still runs. */
  readonly sleep?: Sleep;
}

const HEALTH_MS = 5000;

/** The platform on a Databricks workspace that runs what `causeway policy sql --dialect databricks` prints. */
export function createDatabricksPlatform(options: DatabricksPlatformOptions): Platform {
  const { host, policy, catalog, now = Date.now, sleep = sleepUnlessAborted } = options;
  const dependency = openDependency('databricks', options);
  // An outside API that is down, or questions that take too long, must not open the breaker of the workspace.
  const outside = openDependency('databricks connections', options);
  const serving = openDependency('databricks serving', options);
  const endpoint = new TokenEndpoint({ dependency, host });
  const tokens = new CallerTokens({ dependency, endpoint, now, policy, assert: options.assert });
  const dialect = databricksDialect(catalog);
  const check = new WorkspaceCheck({ policy, dialect, now, onEngineDigest: options.onEngineDigest });
  const workspace = { options, dialect, now, sleep, dependency, outside, serving };

  return {
    dialect,
    answersQuestions: options.genie !== undefined,
    searchesDocuments: options.search !== undefined,
    dependencies: [dependency, outside, serving],
    async open(caller, request) {
      const session = openCallerSession(workspace, { caller, request, tokens: tokens.of(caller, request.credential) });
      await check.assertGoverned(session);
      return session;
    },
    async health(): Promise<PlatformHealth> {
      const reached = await endpoint.ping(AbortSignal.timeout(HEALTH_MS)).then(
        () => [],
        () => ['the workspace does not answer'],
      );
      const problems = [...reached, ...(check.problem === undefined ? [] : [check.problem])];
      return { ok: problems.length === 0, problems };
    },
    close: async () => void (await Promise.all([dependency.close(), outside.close(), serving.close()])),
  };
}

const openDependency = (name: string, { network, caFile }: DatabricksPlatformOptions) =>
  createDependency({ name, network, caFile });
