import {
  type PostgresKind,
  startTestPostgres,
  stopAndThrow,
  TEST_PASSWORD,
  type TestPostgres,
} from '@causeway/runtime/testing/postgres-server';
import { applyGovernance } from '../governance/apply-governance.ts';
import { loadSampleData } from '../governance/load-sample-data.ts';
import { loadSemanticModel } from '../postgres/analyst/model/load-semantic-model.ts';
import { createPostgresPlatform } from '../postgres/postgres-platform.ts';
import { sampleDeals } from '../sample/deals.ts';
import { sampleDocuments } from '../sample/documents.ts';
import { type ContractWorld, CONTRACT_GRANTS, contractPeople } from './contract-world.ts';
import { DEMO_MODEL, demoPolicy } from './demo-policy.ts';
import { openBystander } from './open-bystander.ts';

/** The demo policy and the sample on a fresh server, behind a platform with four connections. */
export async function startDemoWorld(
  kind: PostgresKind,
  now?: () => Date,
): Promise<ContractWorld & { readonly server: TestPostgres }> {
  const server = await startTestPostgres(kind);
  return buildWorld(server, now).catch((error: unknown) => stopAndThrow(server, error));
}

async function buildWorld(
  server: TestPostgres,
  now: (() => Date) | undefined,
): Promise<ContractWorld & { readonly server: TestPostgres }> {
  const policy = await demoPolicy();
  const adminUrl = server.url;
  await applyGovernance({ adminUrl, policy, gatewayPassword: TEST_PASSWORD });
  await loadSampleData(adminUrl);
  const bystander = await openBystander(server);
  const platform = createPostgresPlatform({
    url: server.urlOf('postgres', 'causeway_gateway'),
    policy: () => policy,
    poolMax: 4,
    semanticModel: await loadSemanticModel(DEMO_MODEL),
    ...(now === undefined ? {} : { now }),
  });
  return {
    server,
    platform,
    people: contractPeople(policy.policy),
    deals: {
      relation: 'sales.deals',
      base: 'sales_base.deals',
      column: {
        id: 'id',
        region: 'region',
        customer: 'customer',
        rep_email: 'rep_email',
        product: 'product',
        stage: 'stage',
        amount: 'amount',
        margin_pct: 'margin_pct',
        closed_on: 'closed_on',
      },
      rows: sampleDeals(),
    },
    documents: {
      relation: 'knowledge.documents',
      base: 'knowledge_base.documents',
      column: { id: 'id', title: 'title', body: 'body', source: 'source', audience: 'audience' },
      rows: sampleDocuments(),
    },
    grants: CONTRACT_GRANTS,
    async stop() {
      await bystander.close();
      await platform.close();
      await server.stop();
    },
  };
}
