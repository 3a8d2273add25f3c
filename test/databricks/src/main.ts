import { loadSemanticModel } from '@causeway/platform';
import { openPolicyStore, resolvePolicyFile } from '@causeway/policy';
import {
  listenAddress,
  oneOf,
  optional,
  path,
  postgresUrl,
  publicUrl,
  readSettings,
  runMain,
  text,
  url,
} from '@causeway/runtime';
import { startEmulator } from './start-emulator.ts';

/** Of the emulated workspace; those of `DATABRICKS_*` are the same as the service's. */
const VARIABLES = {
  listen: listenAddress('EMULATOR_LISTEN', { description: 'Where the emulated workspace listens.' }),
  control: optional(text('EMULATOR_CONTROL', { description: '`on`: faults can be armed over HTTP.' })),
  databaseUrl: postgresUrl('DATABASE_URL', { description: 'The governed Postgres, as the gateway’s login.' }),
  policy: path('CAUSEWAY_POLICY', { description: 'The policy document.' }),
  portalUrl: publicUrl('PORTAL_PUBLIC_URL', { description: 'Whom the federation policies trust.' }),
  peopleIssuer: url('OBO_ISSUER', { description: 'Issuer of the workspace’s own user tokens.' }),
  peopleAudience: text('OBO_AUDIENCE', { description: 'Their audience.' }),
  warehouseId: text('DATABRICKS_WAREHOUSE_ID', { description: 'Id of the SQL warehouse.' }),
  catalog: text('DATABRICKS_CATALOG', { description: 'The catalog.' }),
  spaceId: text('DATABRICKS_GENIE_SPACE_ID', { description: 'Id of the Genie space.' }),
  searchIndex: text('DATABRICKS_SEARCH_INDEX', { description: 'The index of documents, `catalog.schema.name`.' }),
  genieGroupsOf: oneOf('EMULATOR_GENIE_GROUPS', ['caller', 'service'], {
    description: 'Whose groups `is_member()` knows when one of the workspace’s own people asks Genie.',
    default: 'caller',
  }),
  supervisor: text('DATABRICKS_SUPERVISOR_ENDPOINT', { description: 'The serving endpoint of the supervisor.' }),
};

await runMain(async () => {
  const settings = readSettings(VARIABLES, process.env, () => []);
  const report = (error: unknown) => console.error('the policy cannot be followed', error);
  const store = await openPolicyStore({
    file: settings.policy,
    production: false,
    onRefused: report,
    onError: report,
    // The workspace does not ask who was revoked: that is the gateway's to know.
    revocations: undefined,
  });
  store.start();
  const { semanticModel } = store.current.policy;
  if (semanticModel === undefined) throw new Error('the policy names no semantic model');
  const emulator = await startEmulator({
    policy: () => store.current,
    port: settings.listen.port,
    databaseUrl: settings.databaseUrl.reveal(),
    semanticModel: await loadSemanticModel(resolvePolicyFile(store.current, semanticModel)),
    federationIssuer: settings.portalUrl,
    people: {
      issuer: settings.peopleIssuer,
      audience: settings.peopleAudience,
      scopes: ['sql', 'genie', 'vector-search', 'model-serving', 'unity-catalog'],
    },
    warehouseId: settings.warehouseId,
    catalog: settings.catalog,
    genie: { spaceId: settings.spaceId, paceMs: 100, saysPurpose: true, groupsOf: settings.genieGroupsOf },
    search: { index: settings.searchIndex, endpoint: 'search', ownerRole: 'admin' },
    serving: { endpoints: { [settings.supervisor]: 'responses' } },
    poolMax: 8,
    control: settings.control === 'on',
  });
  console.log(`an emulated Databricks workspace listens on ${emulator.url}`);
  process.once('SIGTERM', () => {
    store.stop();
    void emulator.close().then(() => process.exit());
  });
});
