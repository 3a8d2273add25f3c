import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePolicy, readPolicyFile } from '@causeway/policy';
import { POSTGRES_KINDS, startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { DEMO_POLICY, demoPolicy, withoutAudit } from '../testing/demo-policy.ts';
import { applyGovernance } from './apply-governance.ts';
import { loadSampleData } from './load-sample-data.ts';

/** The demo policy without its connections: a foreign data wrapper takes a superuser. */
async function withoutConnections() {
  const text = withoutAudit(await readPolicyFile(DEMO_POLICY));
  const start = text.indexOf('\nconnections:');
  const end =
    text.indexOf('\n# The platform’s own people') > 0
      ? text.indexOf('\n# The platform’s own people')
      : text.indexOf("\n# The platform's own people");
  return parsePolicy(text.slice(0, start) + text.slice(end), { file: DEMO_POLICY });
}

describe.each(POSTGRES_KINDS)('an administrator with CREATEROLE who is not superuser, on %s', (kind) => {
  let server: TestPostgres;
  const adminUrl = () => server.urlOf('shop', 'dba');
  beforeAll(async () => {
    server = await startTestPostgres(kind);
    await server.asAdmin((admin) => admin.query('CREATE ROLE dba LOGIN CREATEROLE'));
    await server.asAdmin((admin) => admin.query('CREATE DATABASE shop OWNER dba'));
  });
  afterAll(() => server.stop());

  test('applies the policy, and a second time there is nothing to do', async () => {
    const policy = await withoutConnections();
    const { actions } = await applyGovernance({ adminUrl: adminUrl(), policy, gatewayPassword: 'test' });
    expect(actions.map(({ what }) => what)).toContain('membership of dba in causeway_owner and causeway_views');
    expect(await applyGovernance({ adminUrl: adminUrl(), policy })).toEqual({ actions: [], pending: [] });
    expect((await loadSampleData(adminUrl())).map(({ outcome }) => outcome)).toEqual(['loaded', 'loaded']);
    expect((await loadSampleData(adminUrl())).map(({ outcome }) => outcome)).toEqual(['not empty', 'not empty']);
    expect(await applyGovernance({ adminUrl: adminUrl(), policy })).toEqual({ actions: [], pending: [] });
  });

  test('is told that connections take a superuser', async () => {
    const answer = applyGovernance({ adminUrl: adminUrl(), policy: await demoPolicy() });
    await expect(answer).rejects.toThrow(
      /create wrapper causeway_http: permission denied to create foreign-data wrapper.*nothing was changed/,
    );
  });
});
