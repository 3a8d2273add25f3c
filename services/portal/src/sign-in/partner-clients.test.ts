import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PolicyDocument } from '@causeway/policy';
import type { createDependency, Dependency } from '@causeway/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PartnerClients } from './partner-clients.ts';

type Settings = Parameters<typeof createDependency>[0];

const ISSUER = 'https://idp.example';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'causeway-partner-clients-'));
  writeFileSync(join(dir, 'secret'), 'hunter2\n');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function setUp() {
  const opened: { network: unknown; asked: number; closed: number }[] = [];
  const answer = { status: 200 };
  const callsEnd = Promise.withResolvers<void>();
  const openDependency = ({ name, network, caFile }: Settings): Dependency => {
    if (caFile !== undefined) throw new Error('the caFile cannot be read');
    const one = { network, asked: 0, closed: 0 };
    opened.push(one);
    return {
      name,
      breaker: 'closed',
      request: async () => {
        one.asked += 1;
        const metadata = { issuer: ISSUER, authorization_endpoint: `${ISSUER}/authorize`, jwks_uri: `${ISSUER}/jwks` };
        const headers = { 'content-type': 'application/json' };
        return { ...answer, headers, body: Buffer.from(JSON.stringify(metadata)), truncated: false };
      },
      close: () => {
        one.closed += 1;
        return callsEnd.promise;
      },
    };
  };
  const document = (network: string, caFile?: string) =>
    ({
      file: join(dir, 'policy.yaml'),
      policy: {
        providers: [{ id: 'idp', issuer: ISSUER, network, caFile, client: { id: 'portal', secretFile: 'secret' } }],
      },
    }) as unknown as PolicyDocument;
  const clients = new PartnerClients('https://portal.example', openDependency);
  const findTwice = async (network: string) => {
    const [one, other] = await Promise.all([1, 2].map(() => clients.find(document(network), 'idp')));
    expect(one?.configuration).toBe(other?.configuration);
  };
  return { opened, answer, document, clients, findTwice, callsEnd };
}

test('who signs in at the same time shares one client of the provider, also right after an edit, and the one before is closed when its calls are over', async () => {
  const { opened, clients, findTwice, callsEnd } = setUp();
  await findTwice('public');
  expect(opened).toEqual([{ network: 'public', asked: 1, closed: 0 }]);
  await findTwice('10.0.0.0/8');
  expect(opened).toEqual([
    { network: 'public', asked: 1, closed: 1 },
    { network: '10.0.0.0/8', asked: 1, closed: 0 },
  ]);
  callsEnd.resolve();
  await clients.close();
  expect(opened.map(({ closed }) => closed)).toEqual([1, 1]);
});

test('a client whose discovery failed is closed, once, and the next one asks anew', async () => {
  const { opened, answer, document, clients, callsEnd } = setUp();
  callsEnd.resolve();
  answer.status = 503;
  await expect(clients.find(document('public'), 'idp')).rejects.toMatchObject({ code: 'upstream_unavailable' });
  answer.status = 200;
  await clients.find(document('public'), 'idp');
  await clients.close();
  expect(opened.map(({ closed }) => closed)).toEqual([1, 1]);
});

test('an edit with which no client can be made leaves the one before open, for when it is undone', async () => {
  const { opened, document, clients, findTwice, callsEnd } = setUp();
  callsEnd.resolve();
  await findTwice('public');
  await expect(clients.find(document('public', 'wrong.pem'), 'idp')).rejects.toThrow('the caFile cannot be read');
  await findTwice('public');
  expect(opened).toEqual([{ network: 'public', asked: 1, closed: 0 }]);
  await clients.close();
});
