import { auditFoundation } from '@causeway/audit';
import { applyGovernance, loadSampleData } from '@causeway/platform';
import { GATEWAY_ROLE } from '@causeway/policy';
import { startTestPostgres } from '@causeway/runtime/testing/postgres-server';
import { ROLE_GROUP } from '../../drivers/deals-query.ts';
import { demoPolicy } from '../../drivers/demo-policy.ts';
import type { BenchCase, Prepared } from '../bench-case.ts';

const at = (path: string) => new URL(`../../drivers/${path}`, import.meta.url);

/** A Postgres that `causeway db apply` has governed, with the sample in it. */
async function prepare(): Promise<Prepared> {
  const server = await startTestPostgres('embedded');
  const policy = await demoPolicy();
  await applyGovernance({ adminUrl: server.url, policy, gatewayPassword: 'test', foundation: auditFoundation() });
  await loadSampleData(server.url);
  await server.asAdmin((admin) => admin.query(`CREATE ROLE bench_member LOGIN IN ROLE ${ROLE_GROUP}`));
  const settings = {
    memberUrl: server.urlOf('postgres', 'bench_member'),
    gatewayUrl: server.urlOf('postgres', GATEWAY_ROLE),
    role: policy.policy.roles[ROLE_GROUP]?.principal ?? '',
  };
  return { settings, stop: () => server.stop() };
}

export const benchCase: BenchCase = {
  name: 'governed-sql',
  what: 'ten rows of a governed view as one role: what taking the role, read-only, costs beside not taking it',
  prepare,
  targets: [
    { kind: 'driver', name: 'ungoverned', floor: true, module: at('ungoverned.ts') },
    { kind: 'driver', name: 'three round trips', module: at('three-round-trips.ts') },
    { kind: 'driver', name: 'platform', module: at('platform-query.ts') },
  ],
};
