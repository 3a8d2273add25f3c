import { once } from 'node:events';
import { createAnalyst, createPostgresPlatform, type SemanticModel } from '@causeway/platform';
import { genieRoutes, type GenieSettings } from './genie/genie-api.ts';
import { connectionsOfPolicy } from './connections/connections-of-policy.ts';
import { type FindConnection, OutsideApis } from './connections/outside-apis.ts';
import { proxyRoutes } from './connections/proxy-api.ts';
import { controlRoutes } from './control-api.ts';
import { Faults } from './http/faults.ts';
import { addressOf, serveWorkspace } from './http/serve.ts';
import { IssuerKeys } from './oauth/federation.ts';
import { IssuedTokens } from './oauth/issued-tokens.ts';
import { oauthRoutes } from './oauth/token-endpoint.ts';
import { identityRoutes } from './identity-api.ts';
import { type SearchSettings, searchRoutes } from './search/search-api.ts';
import { type ServingSettings, servingRoutes } from './serving/serving-api.ts';
import { Engine } from './sql/engine.ts';
import { MachineEngine, type MachineEngineOptions } from './sql/machine-engine.ts';
import { statementRoutes } from './sql/statement-api.ts';
import { type HistoryEntry, Warehouse } from './sql/warehouse.ts';
import { Workspace, type WorkspaceOptions } from './workspace.ts';

export interface EmulatorOptions extends WorkspaceOptions {
  /** 0: a free one. */
  readonly port: number;
  /** The governed Postgres, as the gateway's login. */
  readonly databaseUrl: string;
  readonly semanticModel: SemanticModel;
  readonly warehouseId: string;
  readonly genie: GenieSettings;
  readonly search: SearchSettings;
  readonly serving: ServingSettings;
  /** The catalog's connections. Without it those of the policy. */
  readonly findConnection?: FindConnection;
  /** The tables of a machine that writes. */
  readonly machine?: MachineEngineOptions;
  readonly poolMax?: number;
  /** Whether faults can be armed over HTTP. */
  readonly control?: boolean;
  /** Of one part of a result. */
  readonly chunkBytes?: number;
  /** The longest that a statement is waited for before the answer is that it still runs; the API's own is 50 s. */
  readonly waitMaxMs?: number;
}

/** A request that came, for tests that count them. */
export interface SeenRequest {
  /** As the route table writes it. */
  readonly on: string;
  readonly path: string;
  readonly body: string;
  /** In milliseconds, by a clock that is never set. */
  readonly at: number;
}

export interface Emulator {
  readonly url: string;
  readonly faults: Faults;
  readonly requests: SeenRequest[];
  readonly genie: GenieSettings;
  readonly history: readonly HistoryEntry[];
  close(): Promise<void>;
}

const REQUESTS_MAX = 5000;
const ORG_ID = '8700000000000001';

/** A Databricks workspace as far as the gateway uses one, in front of the governed Postgres. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { catalog, databaseUrl: url, warehouseId, poolMax = 4, policy, now } = options;
  const workspace = new Workspace(options);
  const keys = new IssuerKeys();
  const tokens = new IssuedTokens(workspace, keys);
  const engine = new Engine({ url, poolMax });
  const platform = createPostgresPlatform({ url, policy, poolMax });
  const analyst = createAnalyst({ model: options.semanticModel, ...(now && { now: () => new Date(now()) }) });
  const outside = new OutsideApis(engine, options.findConnection ?? connectionsOfPolicy(policy));
  const machine = options.machine && new MachineEngine(options.machine);
  const warehouse = new Warehouse({ ...options, engine, outside, machine });
  const work = { workspace, platform, analyst, engine };
  const genie = { ...options.genie };
  const faults = new Faults();
  const requests: SeenRequest[] = [];
  const server = await serveWorkspace(
    {
      tokens,
      faults,
      orgId: ORG_ID,
      open: [
        ...oauthRoutes({ workspace, tokens, keys }),
        ...(options.control === true ? controlRoutes(faults, requests) : []),
      ],
      routes: [
        ...statementRoutes({ warehouse, warehouseId, catalog, waitMaxMs: options.waitMaxMs }),
        ...genieRoutes({ ...work, warehouse, settings: genie }),
        ...searchRoutes({ workspace, engine, settings: options.search }),
        ...servingRoutes({ ...work, settings: options.serving }),
        ...proxyRoutes(outside),
        ...identityRoutes,
      ],
      onRequest: (on, received) => {
        if (requests.length >= REQUESTS_MAX) requests.shift();
        const { pathname: path } = received.url;
        requests.push({ on, path, body: received.body.toString('utf8'), at: performance.now() });
      },
    },
    options.port,
  );
  workspace.url = addressOf(server);
  return {
    url: workspace.url,
    faults,
    requests,
    genie,
    history: warehouse.history,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await Promise.all([engine.close(), platform.close(), machine?.close()]);
    },
  };
}
