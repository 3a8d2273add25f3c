import { type Caller, Secret } from '@causeway/core';
import { createDatabricksPlatform, type DatabricksPlatformOptions, type Platform } from '@causeway/platform';
import { type ContractWorld, demoPolicy } from '@causeway/platform/testing';
import { type EmulatorWorld, startEmulatorWorld, WORKSPACE } from './emulator-world.ts';
import type { EmulatorOptions } from './src/start-emulator.ts';

export interface DatabricksWorld extends ContractWorld {
  readonly workspace: EmulatorWorld;
  /** Another platform on the same workspace. */
  connect(options?: Partial<DatabricksPlatformOptions>): Promise<Platform>;
}

/** The Databricks platform on an emulated workspace, over the rows of the Postgres one. Everybody comes with a proof, as they do at the service. */
export async function startDatabricksWorld(options: Partial<EmulatorOptions> = {}): Promise<DatabricksWorld> {
  const workspace = await startEmulatorWorld({ poolMax: 8, ...options });
  const open: Platform[] = [];
  const connect = async (more: Partial<DatabricksPlatformOptions> = {}) => {
    const platform = proven(createDatabricksPlatform({ ...(await settingsOf(workspace)), ...more }), workspace);
    open.push(platform);
    return platform;
  };
  return {
    ...workspace.governed,
    workspace,
    connect,
    platform: await connect(),
    async stop() {
      await Promise.all(open.map((platform) => platform.close()));
      await workspace.stop();
    },
  };
}

async function settingsOf(workspace: EmulatorWorld): Promise<DatabricksPlatformOptions> {
  const { warehouseId, catalog, genie, search, serving } = WORKSPACE;
  const policy = await demoPolicy();
  return {
    host: workspace.emulator.url,
    network: ['127.0.0.0/8'],
    warehouseId,
    catalog,
    policy: () => policy,
    // The portal looks at the principal token and speaks for whom it names; here the token is the name.
    assert: ({ credential, audience }) =>
      Promise.resolve({
        token: new Secret(workspace.assertion(credential.reveal(), { aud: audience })),
        expiresAt: Date.now() + 600_000,
      }),
    genie: { spaceId: genie.spaceId, scope: 'genie' },
    search: { api: 'vector-search', index: search.index, scope: 'vector-search', queryType: 'HYBRID' },
    supervisorEndpoint: Object.keys(serving.endpoints)[0],
    connections: 'proxy',
  };
}

function proven(platform: Platform, workspace: EmulatorWorld): Platform {
  return {
    ...platform,
    open: (caller, request) => platform.open(caller, { credential: credentialOf(caller, workspace), ...request }),
  };
}

function credentialOf({ pattern, principal, human }: Caller, workspace: EmulatorWorld): Secret {
  return new Secret(pattern === 'obo' ? workspace.personToken(human?.email ?? '') : principal.id);
}
