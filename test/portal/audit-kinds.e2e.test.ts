import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { AUDIT_KINDS, type AuditRecord, reconcile, streamRows, withReader } from '@causeway/audit';
import { rotateSigningKeys } from '@causeway/auth';
import { McpWorld, type Proof } from '@causeway/test-e2e/mcp-world';
import { requirement } from '@causeway/test-e2e/requirement';
import { afterAll, beforeAll, expect } from 'vitest';
import { authorize, redeem, refresh, refreshTokenOf, WANDA } from './authorize.ts';
import { fieldsOf } from './test-browser.ts';
import { post } from './token-request.ts';

const WAIT = { timeout: 60_000, interval: 200 };

let world: McpWorld;
let wanda: Proof;
let portal: { readonly url: string; readonly resource: string };
beforeAll(async () => {
  world = await McpWorld.start();
  wanda = await world.proofOf(WANDA[1]);
  portal = { url: place('PORTAL_PUBLIC_URL'), resource: world.url };
});
afterAll(() => world?.[Symbol.asyncDispose]());

const place = (name: string): string => world.environment[name] ?? '';

/** What the trail has of a kind. */
const rowsOf = (kind: string): Promise<AuditRecord[]> =>
  withReader(place('AUDIT_READ_URL'), async (client) => {
    const records: AuditRecord[] = [];
    const query = { where: 'kind = $1', values: [kind], order: 'event_id' };
    for await (const { record } of streamRows(client, query)) records.push(record);
    return records;
  });

async function kindsInTrail(): Promise<ReadonlySet<string>> {
  const found = await Promise.all(AUDIT_KINDS.map(async (kind) => [kind, (await rowsOf(kind)).length] as const));
  return new Set(found.filter(([, rows]) => rows > 0).map(([kind]) => kind));
}

/** Somebody comes with a browser: signs in, agrees, works, takes the token back and leaves. */
async function visit(): Promise<void> {
  const { browser, asked, code } = await authorize(portal, WANDA);
  const answer = await redeem(portal, { code, asked });
  const renewed = await refresh(portal, await refreshTokenOf(answer));
  expect(renewed.status).toBe(200);
  const token = await refreshTokenOf(renewed);
  expect((await post(`${portal.url}/oauth/revoke`, { token, client_id: 'demo-agent-host' })).status).toBe(200);
  const home = await browser.open(`${portal.url}/`);
  await browser.open(`${portal.url}/auth/logout`, { csrf: fieldsOf(home.text)['csrf'] ?? '' });
}

/** The policy begins to allow registration, and an application uses it. */
async function register(): Promise<void> {
  world.editPolicy((text) => `${text}\nregistration: { redirectHosts: [apps.example] }\n`);
  const client = { client_name: 'An app', redirect_uris: ['https://apps.example/callback'] };
  const body = JSON.stringify({ ...client, token_endpoint_auth_method: 'none' });
  const status = async () => (await fetch(`${portal.url}/oauth/register`, { method: 'POST', body })).status;
  await expect.poll(status, WAIT).toBe(201);
}

// The thirteenth, `refused_summary`, comes when a minute is over or the service ends: `test/e2e/audit.e2e.test.ts`.
requirement('audit-kinds', 'what people, agents and operators do is in the trail, each by its kind', async () => {
  await world.call(wanda, 'check_identity');
  await world.call(world.bearer('not-a-token'), 'check_identity');
  await world.agentAlone();
  await visit();
  await register();
  rotateSigningKeys({ dir: place('PORTAL_KEYS_DIR'), now: Date.now });

  const expected = AUDIT_KINDS.filter((kind) => kind !== 'refused_summary').toSorted();
  await expect.poll(async () => [...(await kindsInTrail())].toSorted(), WAIT).toEqual(expected);
  for (const kind of ['sign_in', 'sign_out', 'consent', 'token_refresh']) {
    expect(await rowsOf(kind), kind).toMatchObject([{ status: 'success', human_email: WANDA[1], service: 'portal' }]);
  }
  expect(await rowsOf('tool_call')).toMatchObject([{ tool: 'check_identity', human_email: WANDA[1], service: 'mcp' }]);
  expect(await rowsOf('request_refused')).toMatchObject([{ error_code: 'invalid_token', human_email: null }]);
  expect(await rowsOf('agent_token')).toMatchObject([{ status: 'success', agent: 'supervisor' }]);
  expect(await rowsOf('policy_change')).toMatchObject([{ policy_digest: expect.any(String) }]);
});

requirement('audit-arguments-allow-list', 'of the arguments, only those that the tool names are kept', async () => {
  const agent = world.bearer(await world.agentAlone());
  const named = { connection: 'orders', method: 'POST', path: '/orders' };
  const secret = 'a-word-that-nobody-may-keep';
  const args = { ...named, query: { note: secret }, body: { [secret]: secret } };
  await world.call(agent, 'external_api_call', args);
  // An argument that the tool does not have is refused, and kept as little.
  await world.call(agent, 'query_sales_data', { region: 'WEST', [secret]: secret });
  const found = async () => (await rowsOf('tool_call')).filter(({ agent: id }) => id === 'supervisor');
  await expect.poll(async () => (await found()).length, WAIT).toBe(2);
  const [call, refused] = await found();
  expect(call).toMatchObject({ tool: 'external_api_call', arguments: named });
  expect(Object.keys(call?.arguments ?? {}).toSorted()).toEqual(Object.keys(named).toSorted());
  expect(refused).toMatchObject({ tool: 'query_sales_data', error_code: 'invalid_request' });
  expect(JSON.stringify([call, refused])).not.toContain(secret);
});

requirement('audit-unavailable', 'without a journal no call is answered, and with it again every one is', async () => {
  const journal = join(place('JOURNAL_DIR'), 'mcp-1');
  const ask = () => world.call(wanda, 'get_region_summary');
  renameSync(journal, `${journal}.away`);
  try {
    await expect.poll(async () => (await ask()).code, WAIT).toBe('audit_unavailable');
    expect((await ask()).content).not.toHaveProperty('rows');
  } finally {
    renameSync(`${journal}.away`, journal);
  }
  await expect.poll(async () => (await ask()).code, WAIT).toBeUndefined();
  const account = () => withReader(place('AUDIT_READ_URL'), (client) => reconcile(client, [place('JOURNAL_DIR')]));
  await expect.poll(account, WAIT).toMatchObject({ ok: true, lost: 0, doubled: 0, pending: 0 });
});
