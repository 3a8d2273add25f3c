import { fileURLToPath } from 'node:url';
import { loadSemanticModel } from '@causeway/platform';
import { type ContractWorld, demoPolicy, startDemoWorld } from '@causeway/platform/testing';
import type { TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { startTestIssuer, type TestIssuer } from '@causeway/test-portal/test-issuer';
import { type Emulator, type EmulatorOptions, startEmulator } from './src/start-emulator.ts';

const MODEL = fileURLToPath(new URL('../../infra/local/semantic-model.yaml', import.meta.url));

/** What the emulated workspace calls its things. */
export const WORKSPACE = {
  warehouseId: 'wh-1',
  catalog: 'lakehouse',
  genie: { spaceId: 'space-1', paceMs: 20, saysPurpose: true, groupsOf: 'caller' },
  search: { index: 'lakehouse.knowledge.documents_index', endpoint: 'search-1', ownerRole: 'admin' },
  serving: { endpoints: { supervisor: 'responses', 'old-supervisor': 'chat' } },
} as const;

/** A machine of the workspace that is no role: it comes with a secret. */
export const MACHINE = {
  application: '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9caa',
  secret: 'a secret/with=signs',
  scopes: ['sql'],
} as const;

const PEOPLE_AUDIENCE = 'causeway-workspace';

/** The emulator before the governed demo data, and those whose word it takes. */
export interface EmulatorWorld {
  readonly emulator: Emulator;
  readonly governed: ContractWorld;
  readonly portal: TestIssuer;
  /** The portal's word for a service principal; `claims` change it. */
  assertion(principal: string, claims?: Readonly<Record<string, unknown>>): string;
  /** What a person of the workspace signed in with. */
  personToken(email: string, claims?: Readonly<Record<string, unknown>>): string;
  stop(): Promise<void>;
}

/** What differs from the demo workspace; a function of the server where it needs a database of its own. */
export type WorkspaceChanges = Partial<EmulatorOptions> | ((server: TestPostgres) => Promise<Partial<EmulatorOptions>>);

export async function startEmulatorWorld(changes: WorkspaceChanges = {}): Promise<EmulatorWorld> {
  const governed = await startDemoWorld('embedded');
  const options = typeof changes === 'function' ? await changes(governed.server) : changes;
  const [portal, people, policy] = await Promise.all([startTestIssuer(), startTestIssuer(), demoPolicy()]);
  const emulator = await startEmulator({
    policy: () => policy,
    port: 0,
    databaseUrl: governed.server.urlOf('postgres', 'causeway_gateway'),
    semanticModel: await loadSemanticModel(MODEL),
    federationIssuer: portal.issuer,
    people: {
      issuer: people.issuer,
      audience: PEOPLE_AUDIENCE,
      scopes: ['sql', 'genie', 'vector-search', 'model-serving', 'unity-catalog'],
    },
    machines: [{ ...MACHINE, policies: [] }],
    ...WORKSPACE,
    ...options,
  });
  return {
    emulator,
    governed,
    portal,
    assertion: (principal, claims) =>
      portal.token(portal.claims({ sub: principal, aud: `${emulator.url}/oidc/v1/token`, ...claims })),
    personToken: (email, claims) => people.token(people.claims({ sub: email, email, aud: PEOPLE_AUDIENCE, ...claims })),
    async stop() {
      await emulator.close();
      await Promise.all([governed.stop(), portal.stop(), people.stop()]);
    },
  };
}
