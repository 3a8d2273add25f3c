import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestRedis, type TestRedis } from '@causeway/audit/testing';
import { freePorts } from '@causeway/runtime/testing/free-ports';
import { mountSmallDisk, unmount } from '@causeway/test-audit/small-disk';
import type { McpWorld } from '@causeway/test-e2e/mcp-world';
import { changed } from '@causeway/test-e2e/policy-of-its-own';
import { LifecycleWorld, type Replica, type ServiceName } from '@causeway/test-lifecycle/lifecycle-world';
import { fakeClock } from './fake-clock.ts';
import { TcpProxy } from './tcp-proxy.ts';

export type Backend = 'redis' | 'postgres';

export const REPLICAS = ['portal-1', 'portal-2', 'mcp-1', 'mcp-2', 'worker-1', 'worker-2'] as const;
export type ReplicaName = (typeof REPLICAS)[number];

interface Place {
  readonly service: ServiceName;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
}

const DISK_BYTES = 64 * 2 ** 20;
const STARTS_MAX = 10;

/** Two of each service behind proxies, on a small disk, with a clock of their own. */
export class StackWorld implements AsyncDisposable {
  readonly #lifecycle: LifecycleWorld;
  readonly #places = new Map<ReplicaName, Place>();
  readonly #running = new Map<ReplicaName, Replica>();
  readonly #ending = new Set<Replica>();
  /** Processes that were ready and then ended though nobody ended them. */
  readonly crashed: string[] = [];
  readonly base: McpWorld;
  readonly redis: TestRedis | undefined;
  /** Before the warehouse, the shared state, and the public addresses. */
  readonly proxies: Readonly<Record<'warehouse' | 'state' | 'portal' | 'mcp' | 'obo', TcpProxy>>;
  readonly isDiskSmall: boolean;

  static async start(backend: Backend): Promise<StackWorld> {
    const lifecycle = await LifecycleWorld.create();
    mkdirSync(lifecycle.environment.JOURNAL_DIR, { recursive: true });
    const isDiskSmall = mountSmallDisk(lifecycle.environment.JOURNAL_DIR, DISK_BYTES);
    const redis = backend === 'redis' ? await startTestRedis() : undefined;
    const base = await lifecycle.startBase();
    // The demo’s limit is for people: callers reach it in a minute without faults, and nobody could tell that from a mistake.
    base.editPolicy((text) => changed(text, 'genieQueriesPerMinute: 600', 'genieQueriesPerMinute: 100000'));
    const { ports } = lifecycle.place;
    const two = () => freePorts(2);
    const replicas = { portal: await two(), mcp: await two(), obo: await two(), worker: await two() };
    const proxies = {
      warehouse: await TcpProxy.start([ports.postgres]),
      state: await TcpProxy.start([redis === undefined ? ports.postgres : Number(new URL(redis.url).port)]),
      portal: await TcpProxy.start(replicas.portal, ports.portal),
      mcp: await TcpProxy.start(replicas.mcp, ports.mcp),
      obo: await TcpProxy.start(replicas.obo, ports.obo),
    };
    const world = new StackWorld({ lifecycle, base, redis, proxies, isDiskSmall });
    for (const n of [0, 1]) world.#place(n, replicas);
    const starts = await Promise.allSettled(REPLICAS.map((name) => world.startReplica(name)));
    const failed = starts.find(({ status }) => status === 'rejected');
    if (failed?.status !== 'rejected') return world;
    await world[Symbol.asyncDispose]();
    throw failed.reason;
  }

  private constructor(parts: {
    lifecycle: LifecycleWorld;
    base: McpWorld;
    redis: TestRedis | undefined;
    proxies: StackWorld['proxies'];
    isDiskSmall: boolean;
  }) {
    this.#lifecycle = parts.lifecycle;
    this.base = parts.base;
    this.redis = parts.redis;
    this.proxies = parts.proxies;
    this.isDiskSmall = parts.isDiskSmall;
  }

  get environment(): LifecycleWorld['environment'] {
    return this.#lifecycle.environment;
  }

  get headsDir(): string {
    return join(this.#lifecycle.dataDir, 'audit', 'heads');
  }

  #place(n: number, ports: Readonly<Record<'portal' | 'mcp' | 'obo' | 'worker', readonly number[]>>): void {
    const { DATABASE_URL, AUDIT_DATABASE_URL, STATE_DATABASE_URL } = this.environment;
    const at = (url: string, { port }: TcpProxy) => url.replace(/(?<=127\.0\.0\.1:)\d+/, String(port));
    const { warehouse, state } = this.proxies;
    const store: Readonly<Record<string, string>> =
      this.redis === undefined
        ? { STATE_DATABASE_URL: at(STATE_DATABASE_URL, state) }
        : { REDIS_URL: at(this.redis.url, state) };
    // One of each service has a clock that can be set.
    const clock = n === 1 ? fakeClock(this.#clockFile) : {};
    mkdirSync(this.headsDir, { recursive: true });
    const portal = { ...store, ...clock };
    const mcp = {
      ...portal,
      DATABASE_URL: at(DATABASE_URL, warehouse),
      OBO_LISTEN: `127.0.0.1:${ports.obo[n]}`,
    };
    const worker = {
      ...store,
      AUDIT_DATABASE_URL: at(AUDIT_DATABASE_URL, warehouse),
      AUDIT_HEADS_PATH: join(this.headsDir, `${n}.jsonl`),
    };
    const name = `${n + 1}` as '1' | '2';
    this.#places.set(`portal-${name}`, { service: 'portal', port: ports.portal[n] ?? 0, env: portal });
    this.#places.set(`mcp-${name}`, { service: 'mcp', port: ports.mcp[n] ?? 0, env: mcp });
    this.#places.set(`worker-${name}`, { service: 'audit-worker', port: ports.worker[n] ?? 0, env: worker });
  }

  async startReplica(name: ReplicaName): Promise<void> {
    const place = this.#places.get(name);
    if (place === undefined) throw new Error(`there is no ${name}`);
    const { service, ...options } = place;
    this.#balancers((proxy, target) => proxy.rest(target), place);
    for (let attempt = 1; ; attempt++) {
      const replica = this.#lifecycle.start(service, { as: name, ...options });
      this.#running.set(name, replica);
      const failed = await replica.ready().then(
        () => undefined,
        (cause: unknown) => new Error(`${name} does not start`, { cause }),
      );
      if (failed === undefined) {
        void this.#watch(name, replica);
        this.#balancers((proxy, target) => proxy.use(target), place);
        return;
      }
      // It does not start with a policy that is nonsense: it is started again, as an orchestrator does.
      if (replica.isRunning() || attempt === STARTS_MAX) throw failed;
      await delay(1000);
    }
  }

  #balancers(tell: (proxy: TcpProxy, target: number) => void, { port, env }: Place): void {
    const { portal, mcp, obo } = this.proxies;
    const oboPort = Number(env['OBO_LISTEN']?.split(':')[1]);
    for (const proxy of [portal, mcp, obo]) for (const target of [port, oboPort]) tell(proxy, target);
  }

  async #watch(name: ReplicaName, replica: Replica): Promise<void> {
    const code = await replica.ended;
    if (this.#ending.has(replica)) return;
    const lastWords = readFileSync(this.#logPath(name), 'utf8').trimEnd().split('\n').at(-1) ?? '';
    this.crashed.push(`${name} ended by itself (${code}): ${lastWords.slice(0, 600)}`);
  }

  /** As a crash does it. */
  async kill(name: ReplicaName): Promise<void> {
    const replica = this.replica(name);
    this.#ending.add(replica);
    replica.signal('SIGKILL');
    await replica.ended;
  }

  async stop(name: ReplicaName): Promise<void> {
    const replica = this.replica(name);
    this.#ending.add(replica);
    await replica.stop();
  }

  /** All that each of them has written. */
  logs(): { readonly name: ReplicaName; readonly text: string }[] {
    return REPLICAS.map((name) => ({ name, text: readFileSync(this.#logPath(name), 'utf8') }));
  }

  #logPath(name: ReplicaName): string {
    return join(this.#lifecycle.dataDir, 'logs', `${name}.log`);
  }

  replica(name: ReplicaName): Replica {
    const replica = this.#running.get(name);
    if (replica === undefined) throw new Error(`${name} does not run`);
    return replica;
  }

  get #clockFile(): string {
    return join(this.#lifecycle.dataDir, 'clock');
  }

  /** What the clocks of the second portal and the second MCP service are ahead; less than nothing is behind. */
  setClocks(seconds: number): void {
    writeFileSync(this.#clockFile, `${seconds < 0 ? '' : '+'}${seconds}s\n`);
  }

  administer: LifecycleWorld['administer'] = (sql, database) => this.#lifecycle.administer(sql, database);

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.kill(name)));
    await Promise.all(Object.values(this.proxies).map((proxy) => proxy.stop()));
    if (this.isDiskSmall) unmount(this.environment.JOURNAL_DIR);
    await this.#lifecycle[Symbol.asyncDispose]();
    await this.redis?.stop();
  }
}
