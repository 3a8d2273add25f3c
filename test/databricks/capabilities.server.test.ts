import type { PlatformSession } from '@causeway/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type DatabricksWorld, startDatabricksWorld } from './databricks-world.ts';
import { CREDENTIAL, type OutsideApi, startOutsideApi } from './outside-api.ts';

let world: DatabricksWorld;
let outside: OutsideApi;
beforeAll(async () => {
  outside = await startOutsideApi();
  const orders = { baseUrl: `${outside.url}/base`, credential: CREDENTIAL };
  const github = { baseUrl: outside.url };
  world = await startDatabricksWorld({
    findConnection: async (name) => new Map(Object.entries({ orders, github })).get(name),
  });
});
afterAll(async () => {
  await world?.stop();
  await outside?.stop();
});
beforeEach(() => {
  outside.received.length = 0;
});

const person = (name: string) => world.people.find((one) => one.name === name)!;
const open = (name: string, platform = world.platform): Promise<PlatformSession> =>
  platform.open(person(name).caller, { requestId: 'r1' });
const codeOf = (answer: Promise<unknown>) =>
  answer.then(
    () => 'answered',
    (error: { code?: string }) => error.code,
  );
const textOf = (body: Uint8Array) => new TextDecoder().decode(body);

const EVERYBODY = ['west_sales', 'east_sales', 'managers', 'executive', 'finance', 'admin'];
const PRIVILEGED = ['executive', 'admin'];

describe('identity', () => {
  test.each([...EVERYBODY, 'omar@causeway.example'])('the workspace itself says who %s is', async (name) => {
    const { caller, group } = person(name);
    expect(await (await open(name)).identity()).toEqual({ currentUser: caller.principal.id, groups: [group] });
  });
});

describe('Genie', () => {
  test('answers with the rows of whoever asks, says how many there are, and follows up', async () => {
    const session = await open('west_sales');
    const first = await session.ask({ text: 'revenue by region' });
    const west = person('west_sales');
    const rows = world.deals.rows.filter(west.seesDeal);
    const revenue = rows.reduce((sum, { amount }) => sum + Math.round(amount * 100), 0) / 100;
    expect(first).toMatchObject({
      status: 'completed',
      totalRows: 1,
      truncated: false,
      rows: [{ region: 'WEST', revenue }],
    });
    const second = await session.ask({ text: 'and by stage', plan: first.plan });
    expect(second.status).toBe('completed');
    expect(second.columns).toContain('stage');
  });

  test('fifty rows of a longer answer are shown, and counted whole', async () => {
    const answer = await (await open('managers')).ask({ text: 'list all deals' });
    expect(answer.rows).toHaveLength(50);
    expect(answer).toMatchObject({ totalRows: 5000, truncated: true });
  });

  test('a question that is not clear gets one back, whether or not the workspace says that it is one', async () => {
    for (const saysPurpose of [true, false]) {
      world.workspace.emulator.genie.saysPurpose = saysPurpose;
      const answer = await (await open('managers')).ask({ text: 'what is the meaning of life' });
      expect(answer).toMatchObject({ status: 'clarification', rows: [] });
    }
    world.workspace.emulator.genie.saysPurpose = true;
  });

  test('where its group functions do not know the person who asks, they get no rows; a service principal gets its own', async () => {
    const { genie } = world.workspace.emulator;
    const asked = async (name: string) => (await open(name)).ask({ text: 'revenue by region' });
    const seen = await asked('omar@causeway.example');
    expect(seen.rows).toMatchObject([{ region: 'WEST' }]);
    genie.groupsOf = 'service';
    try {
      expect(await asked('omar@causeway.example')).toMatchObject({ status: 'completed', totalRows: 0, rows: [] });
      expect((await asked('west_sales')).rows).toEqual(seen.rows);
    } finally {
      genie.groupsOf = 'caller';
    }
  });

  test('nobody follows up the conversation of another principal', async () => {
    const { plan } = await (await open('west_sales')).ask({ text: 'revenue by region' });
    expect(await codeOf((await open('east_sales')).ask({ text: 'and by stage', plan }))).toBe('not_found');
  });
});

describe('document search', () => {
  const search = {
    dataset: {
      relation: 'knowledge.documents',
      columns: { document_id: 'id', title: 'title', body: 'body', source: 'source' },
    },
    query: 'discount plan for managers and the board',
    limit: 20,
  };

  test.each(EVERYBODY)('the index knows every document, %s sees their own', async (name) => {
    const who = person(name);
    const found = await (await open(name)).searchDocuments(search);
    const visible = new Set(world.documents.rows.filter(who.seesDocument).map(({ id }) => id));
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ documentId }) => visible.has(documentId))).toBe(true);
  });

  test('whoever sees more finds more, and both APIs find the same', async () => {
    const all = await (await open('admin')).searchDocuments(search);
    const some = await (await open('west_sales')).searchDocuments(search);
    expect(all.length).toBeGreaterThan(some.length);
    const route = { api: 'ai-search', workspace: '77', endpoint: 'search-1' } as const;
    const scope = {
      index: 'lakehouse.knowledge.documents_index',
      scope: 'vector-search',
      queryType: 'HYBRID',
    } as const;
    const newer = await world.connect({ search: { ...route, ...scope } });
    expect(await (await open('admin', newer)).searchDocuments(search)).toEqual(all);
  });

  test('an index that is not there is denied', async () => {
    const elsewhere = {
      api: 'vector-search',
      index: 'lakehouse.other.index',
      scope: 'vector-search',
      queryType: 'ANN',
    } as const;
    const platform = await world.connect({ search: elsewhere });
    expect(await codeOf((await open('admin', platform)).searchDocuments(search))).toBe('access_denied');
  });
});

describe('the supervisor', () => {
  const ask = async (name: string) => (await open(name)).askSupervisor({ text: 'revenue by region' });

  test.each(PRIVILEGED)('%s may ask it, and is told what they may see', async (name) => {
    expect(await ask(name)).toMatchObject({ text: expect.stringContaining('NORTH'), steps: [{ tool: 'genie' }] });
  });

  test.each(EVERYBODY.filter((name) => !PRIVILEGED.includes(name)))('%s may not ask it', async (name) => {
    expect(await codeOf(ask(name))).toBe('access_denied');
  });

  test('of the older kind is asked in the older form', async () => {
    const platform = await world.connect({ supervisorEndpoint: 'old-supervisor' });
    const answer = await (await open('admin', platform)).askSupervisor({ text: 'revenue by region' });
    expect(answer).toMatchObject({ text: expect.stringContaining('WEST'), steps: [] });
  });

  test('without an endpoint the engine’s yes is all there is', async () => {
    const platform = await world.connect({ supervisorEndpoint: undefined });
    expect(await (await open('admin', platform)).askSupervisor({ text: 'x' })).toBe('granted');
    expect(await codeOf((await open('finance', platform)).askSupervisor({ text: 'x' }))).toBe('access_denied');
  });
});

describe.each(['proxy', 'http_request'] as const)('connections by %s', (connections) => {
  const api = async (who: string, name = 'orders') => {
    const session = await open(who, await world.connect({ connections }));
    const found = await session.connection(name);
    if (found === 'granted') throw new Error('the workspace reaches it itself');
    return found;
  };

  test('whoever has USE CONNECTION reaches the API with its credential and without their own', async () => {
    const answer = await (await api('admin')).request({ method: 'GET', path: '/orders', query: { q: "a b&'c" } });
    expect(answer.status).toBe(200);
    expect(JSON.parse(textOf(answer.body))).toMatchObject({ calls: 1 });
    const [received] = outside.received;
    expect(received?.headers.authorization).toBe(`Bearer ${CREDENTIAL}`);
    expect(new URL(received?.url ?? '', outside.url).searchParams.get('q')).toBe("a b&'c");
    expect(received?.url).toMatch(/^\/base\/orders\?/);
    expect(Object.keys(received?.headers ?? {}).filter((name) => /cookie|databricks/.test(name))).toEqual([]);
  });

  test('a body is sent once, as it is', async () => {
    const answer = await (await api('executive')).request({ method: 'POST', path: '/orders', body: { note: "it's" } });
    expect(answer.status).toBe(201);
    expect(outside.received.map(({ method, body }) => [method, JSON.parse(body)])).toEqual([
      ['POST', { note: "it's" }],
    ]);
  });

  test.each(EVERYBODY)('%s gets through only with the grant', async (name) => {
    const outcome = await codeOf((await api(name)).request({ method: 'GET', path: '/orders' }));
    expect(outcome).toBe(PRIVILEGED.includes(name) ? 'answered' : 'access_denied');
    expect(outside.received).toHaveLength(PRIVILEGED.includes(name) ? 1 : 0);
  });

  test('a connection that is not there is denied, and what the API itself says of a path is its answer', async () => {
    expect(await codeOf((await api('admin', 'nothing')).request({ method: 'GET', path: '/x' }))).toBe('access_denied');
    expect(await (await api('admin')).request({ method: 'GET', path: '/missing' })).toMatchObject({ status: 404 });
  });
});

test('what the proxy keeps back does not reach the API', async () => {
  const { url } = world.workspace.emulator;
  const principal = person('admin').caller.principal.id;
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: world.workspace.assertion(principal),
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    client_id: principal,
    scope: 'unity-catalog',
  });
  const issued = await fetch(`${url}/oidc/v1/token`, { method: 'POST', body: form });
  const { access_token: token } = (await issued.json()) as { access_token: string };
  await fetch(`${url}/api/2.0/unity-catalog/connections/github/proxy/x`, {
    headers: { authorization: `Bearer ${token}`, cookie: 'a=b', 'x-databricks-org-id': '1', 'x-kept': 'yes' },
  });
  const { headers } = outside.received[0]!;
  expect(headers).toMatchObject({ 'x-kept': 'yes', host: new URL(outside.url).host });
  expect(Object.keys(headers).filter((name) => /authorization|cookie|databricks/.test(name))).toEqual([]);
});

test('health asks the workspace', async () => {
  expect(await world.platform.health()).toEqual({ ok: true, problems: [] });
});
