import type { PolicyDocument } from '@causeway/policy';
import type { Dependency, OutboundCall } from '@causeway/runtime';
import { expect, test } from 'vitest';
import { ClientFiles } from './client-files.ts';
import { MetadataClients } from './metadata-clients.ts';

const ID = 'https://apps.example/oauth/client.json';
const GOOD = { client_id: ID, client_name: 'An app', redirect_uris: ['https://apps.example/callback'] };

function setUp(answer: unknown, { status = 200, type = 'application/json' } = {}) {
  const clock = { ms: 0 };
  const calls: OutboundCall[] = [];
  const refused: unknown[] = [];
  const opened = { count: 0, closed: 0 };
  const fault = { isThere: false };
  const dependency: Dependency = {
    name: 'client metadata',
    breaker: 'closed',
    request: async (call) => {
      calls.push(call);
      const body = Buffer.from(JSON.stringify(answer));
      return { status, headers: { 'content-type': type }, body, truncated: false };
    },
    close: async () => void (opened.closed += 1),
  };
  const registration = { redirectHosts: [], metadataHosts: ['apps.example'], metadataPins: {}, network: 'public' };
  const document = { policy: { registration }, file: '/policy.yaml' } as unknown as PolicyDocument;
  const clients = new MetadataClients({
    document: () => document,
    files: new ClientFiles(),
    now: () => clock.ms,
    report: (error) => refused.push(error),
    openDependency: () => {
      if (fault.isThere) throw new Error('no outbound client can be made');
      opened.count += 1;
      return dependency;
    },
  });
  return { clock, calls, refused, clients, opened, fault, registration };
}

test('a document at an allowed host describes a public client for sign-in alone', async () => {
  const { clients, calls } = setUp(GOOD);
  expect(await clients.find(ID)).toMatchObject({
    client_id: ID,
    client_name: 'An app',
    token_endpoint_auth_method: 'none',
    redirect_uris: GOOD.redirect_uris,
    response_types: ['code'],
    application_type: 'web',
  });
  expect((await clients.find(ID))?.grant_types.some((grant) => grant.includes('token-exchange'))).toBe(false);
  expect(calls).toHaveLength(1);
  expect(calls[0]).toMatchObject({ deadlineMs: 5000, bodyMaxBytes: 65_536 });
});

test('it is fetched again after a while, once for all who ask, and a bad one is not asked for in a loop', async () => {
  const { clients, calls, clock } = setUp(GOOD);
  await Promise.all([clients.find(ID), clients.find(ID)]);
  clock.ms = 299_000;
  await clients.find(ID);
  expect(calls).toHaveLength(1);
  clock.ms = 301_000;
  await clients.find(ID);
  expect(calls).toHaveLength(2);
  const bad = setUp({});
  await bad.clients.find(ID);
  await bad.clients.find(ID);
  expect(bad.calls).toHaveLength(1);
});

test('documents that are fetched at once share one outbound client, also right after an edit, and the one before is closed', async () => {
  const { clients, opened, registration } = setUp(GOOD);
  const fetchTwo = (name: string) =>
    Promise.all(['a', 'b'].map((path) => clients.find(`https://apps.example/${name}/${path}`)));
  await fetchTwo('before');
  expect(opened).toEqual({ count: 1, closed: 0 });
  registration.network = '10.0.0.0/8';
  await fetchTwo('after');
  expect(opened).toEqual({ count: 2, closed: 1 });
});

test('an edit with which no outbound client can be made leaves the one before open, for when it is undone', async () => {
  const { clients, opened, fault, registration } = setUp(GOOD);
  await clients.find(ID);
  registration.network = '10.0.0.0/8';
  fault.isThere = true;
  expect(await clients.find('https://apps.example/another.json')).toBeUndefined();
  registration.network = 'public';
  await clients.find('https://apps.example/a-third.json');
  expect(opened).toEqual({ count: 1, closed: 0 });
});

test.each([
  ['http', 'http://apps.example/client.json'],
  ['no path', 'https://apps.example/'],
  ['a query', 'https://apps.example/client.json?x=1'],
  ['a fragment', 'https://apps.example/client.json#x'],
  ['credentials', 'https://user@apps.example/client.json'],
  ['dot segments', 'https://apps.example/a/../client.json'],
  ['another host', 'https://evil.example/client.json'],
  ['a host that only ends alike', 'https://evil-apps.example/client.json'],
  ['a port', 'https://apps.example:8443/client.json'],
  ['a host in capitals', 'https://APPS.example/client.json'],
  ['an ordinary id', 'partner-portal'],
])('an id with %s is not fetched', async (_name, id) => {
  const { clients, calls } = setUp({ ...GOOD, client_id: id });
  expect(await clients.find(id)).toBeUndefined();
  expect(calls).toHaveLength(0);
});

test.each([
  ['of another client', { client_id: 'https://apps.example/other.json' }],
  ['without a name', { client_name: undefined }],
  ['with a name of several lines', { client_name: 'An app\nwith more' }],
  ['without redirects', { redirect_uris: [] }],
  ['with a plain redirect', { redirect_uris: ['http://apps.example/callback'] }],
  ['with a script as redirect', { redirect_uris: ['javascript:alert(1)'] }],
  ['with a redirect whose host is policy text', { redirect_uris: ['https://apps.example;sandbox/callback'] }],
  ['with a redirect that has a fragment', { redirect_uris: ['https://apps.example/callback#x'] }],
  ['of a client with a secret', { token_endpoint_auth_method: 'client_secret_basic' }],
])('a document %s is refused', async (_name, change) => {
  const { clients, refused } = setUp({ ...GOOD, ...change });
  expect(await clients.find(ID)).toBeUndefined();
  expect(refused).toHaveLength(1);
});

test('an error page is no document', async () => {
  expect(await setUp(GOOD, { status: 404 }).clients.find(ID)).toBeUndefined();
  expect(await setUp(GOOD, { type: 'text/html' }).clients.find(ID)).toBeUndefined();
});
