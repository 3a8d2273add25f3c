import { readJournals } from '@causeway/audit';
import { requirement } from '@causeway/test-e2e/requirement';
import { freePort } from '@causeway/runtime/testing/free-ports';
import { afterAll, beforeAll, expect } from 'vitest';
import { Haproxy } from './haproxy.ts';
import { LifecycleWorld, type Replica, type ReplicaOptions, type ServiceName } from './lifecycle-world.ts';
import { Load } from './load.ts';
import { until } from './until.ts';

// Behind the proxy that operators copy: two replicas of each, both with the one public address.
const DRAINING = { DRAIN_DELAY_SECONDS: '5' };

let world: LifecycleWorld;
let proxy: Haproxy;
const options = new Map<string, ReplicaOptions>();
const running = new Map<string, Replica>();

beforeAll(async () => {
  world = await LifecycleWorld.create();
  const { portal, mcp } = world.place.ports;
  const [status = 0, obo = 0, ...replicas] = await Promise.all(Array.from({ length: 8 }, freePort));
  const [portal1 = 0, portal2 = 0, mcp1 = 0, mcp2 = 0, obo1 = 0, obo2 = 0] = replicas;
  await world.startBase();
  proxy = await Haproxy.start(world.dataDir, status, [
    ['maxconn 8000', 'maxconn 400'],
    [/bind :443 .*/g, `bind 127.0.0.1:${portal},127.0.0.1:${mcp}`],
    ['portal.example.com', `127.0.0.1:${portal}`],
    ['mcp.example.com', `127.0.0.1:${mcp}`],
    ['bind 10.0.0.5:8704', `bind 127.0.0.1:${obo}`],
    ['10.0.1.0/24', '127.0.0.0/8'],
    ['10.0.0.11:8700', `127.0.0.1:${portal1}`],
    ['10.0.0.12:8700', `127.0.0.1:${portal2}`],
    ['10.0.0.21:8701', `127.0.0.1:${mcp1}`],
    ['10.0.0.22:8701', `127.0.0.1:${mcp2}`],
    ['10.0.0.21:8703', `127.0.0.1:${obo1}`],
    ['10.0.0.22:8703', `127.0.0.1:${obo2}`],
  ]);
  const oboAt = (port: number) => ({ ...DRAINING, OBO_LISTEN: `127.0.0.1:${port}` });
  options.set('portal-1', { port: portal1, env: DRAINING });
  options.set('portal-2', { port: portal2, env: DRAINING });
  options.set('mcp-1', { port: mcp1, env: oboAt(obo1) });
  options.set('mcp-2', { port: mcp2, env: oboAt(obo2) });
  const worker = world.start('audit-worker', { port: world.place.ports.auditWorker });
  await Promise.all([worker.ready(), ...[...options.keys()].map(start)]);
  oboPort = obo;
}, 180_000);
afterAll(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

let oboPort = 0;

/** Starts this replica, and waits until the proxy sends it calls. */
async function start(name: string): Promise<void> {
  const service = name.replace(/-\d$/, '') as ServiceName;
  const replica = world.start(service, { as: name, port: 0, ...options.get(name) });
  running.set(name, replica);
  await replica.ready();
  await proxy.sees(`${service}/${name}`, 'UP');
}

async function restart(name: string): Promise<number | null> {
  const replica = running.get(name);
  if (replica === undefined) throw new Error(`${name} does not run`);
  const stopped = replica.stop();
  await until(`${name} says that it is draining`, async () => {
    const { status, body } = await replica.get('/readyz');
    return status === 503 && body['reason'] === 'draining';
  });
  const code = await stopped;
  await start(name);
  return code;
}

requirement(
  ['readyz-draining', 'shutdown-in-flight', 'shutdown-audit-kept', 'shutdown-exit-0'],
  'each replica of portal and mcp is restarted under load behind the proxy: no call fails, and each has its row',
  async () => {
    const load = await Load.start(world.world, { callers: 24 });
    const codes: (number | null)[] = [];
    for (const pair of [
      ['portal-1', 'mcp-1'],
      ['portal-2', 'mcp-2'],
    ]) {
      codes.push(...(await Promise.all(pair.map(restart))));
    }
    const { calls, exchanges, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(calls.length).toBeGreaterThan(200);
    expect(exchanges.length).toBeGreaterThan(20);
    const rows = async () => {
      const stored = await world.administer<{ request_id: string; count: string }>(
        'SELECT request_id, count(*) FROM audit_base.tool_calls GROUP BY request_id',
      );
      const counts = new Map(stored.map(({ request_id: id, count }) => [id, Number(count)]));
      return [...calls, ...exchanges].filter((id) => counts.get(id) !== 1);
    };
    await until('every call has exactly one row', async () => (await rows()).length === 0);
    await until('nothing waits in a journal', () => Promise.resolve(waiting().length === 0));
  },
);

const waiting = () => readJournals(world.environment.JOURNAL_DIR).flatMap((journal) => journal.waiting);

requirement(
  ['obo-listener-only', 'obo-trusted-peer-only'],
  'who comes by the edge says nothing about the platform’s users; its proxy does',
  async () => {
    const proof = await world.world.proofOf('olivia@causeway.example');
    const headers = proof.headers;
    const atEdge = await world.world.call({ url: world.world.url, headers }, 'check_identity');
    expect(atEdge.status).toBe(401);
    const fromProxy = await world.world.call({ url: `http://127.0.0.1:${oboPort}/mcp`, headers }, 'check_identity');
    expect(fromProxy).toMatchObject({ status: 200, code: undefined });
  },
);
