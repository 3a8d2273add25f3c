import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ChildService, type ServiceSpec, spawnService } from '@causeway/local/child-service';
import { demoPolicy } from '@causeway/local/demo-policy';
import { type LocalEnvironment, localEnvironment } from '@causeway/local/environment';
import { keepPasswords, makePasswords } from '@causeway/local/passwords';
import { startPostgres } from '@causeway/local/postgres';
import { listServices } from '@causeway/local/services';
import { McpWorld, type WorldPlace } from '@causeway/test-e2e/mcp-world';
import pg from 'pg';
import { until } from './until.ts';

export type ServiceName = 'portal' | 'mcp' | 'audit-worker';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A process of a service, started apart from the stack. */
export interface Replica {
  readonly url: string;
  readonly isRunning: () => boolean;
  /** Its exit code, once it has one. */
  readonly ended: Promise<number | null>;
  log(): readonly Readonly<Record<string, unknown>>[];
  ready(): Promise<void>;
  get(path: string): Promise<Answer>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
}

export interface ReplicaOptions {
  /** Of its log. */
  readonly as?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly port: number;
}

const LISTEN: Readonly<Record<ServiceName, string>> = {
  portal: 'PORTAL_LISTEN',
  mcp: 'MCP_LISTEN',
  'audit-worker': 'AUDIT_WORKER_LISTEN',
};

/** The services as processes of their own, in any order with everything that they stand on. */
export class LifecycleWorld implements AsyncDisposable {
  readonly place: WorldPlace;
  readonly environment: LocalEnvironment;
  readonly #specs: readonly ServiceSpec[];
  readonly #replicas: ChildService[] = [];
  #world: McpWorld | undefined;

  private constructor(place: WorldPlace, environment: LocalEnvironment, specs: readonly ServiceSpec[]) {
    this.place = place;
    this.environment = environment;
    this.#specs = specs;
  }

  /** Settings, keys, passwords and the databases with their logins are made; nothing runs. */
  static async create(): Promise<LifecycleWorld> {
    const place = await McpWorld.place();
    const dataDir = join(place.folder.path, 'data');
    const passwords = makePasswords();
    // The user of the embedded database must pass through.
    mkdirSync(join(dataDir, 'logs'), { recursive: true });
    chmodSync(dataDir, 0o755);
    keepPasswords(dataDir, passwords);
    // A login that is not there yet is a wrong password, for which no service waits.
    const database = await startPostgres({ dataDir, port: place.ports.postgres, report: () => {} });
    await database.stop();
    const stack = { dataDir, ports: place.ports, policyFile: demoPolicy({ dataDir, ports: place.ports }) };
    const environment = localEnvironment(stack, passwords);
    return new LifecycleWorld(place, environment, listServices(stack, environment));
  }

  get dataDir(): string {
    return join(this.place.folder.path, 'data');
  }

  /** Database, identity providers, partner API. */
  async startBase(): Promise<McpWorld> {
    this.#world = await McpWorld.start({ place: this.place, services: () => [] });
    return this.#world;
  }

  get world(): McpWorld {
    if (this.#world === undefined) throw new Error('the base does not run');
    return this.#world;
  }

  start(name: ServiceName, { as = name, env = {}, port }: ReplicaOptions): Replica {
    const spec = this.#specs.find((one) => one.name === name);
    if (spec === undefined) throw new Error(`there is no ${name}`);
    const url = `http://127.0.0.1:${port}`;
    const logPath = join(this.dataDir, 'logs', `${as}.log`);
    const service = spawnService({ ...spec, env: { ...spec.env, [LISTEN[name]]: String(port), ...env } }, logPath);
    this.#replicas.push(service);
    const host = new URL(name === 'mcp' ? this.environment.MCP_PUBLIC_URL : this.environment.PORTAL_PUBLIC_URL).host;
    const get = (path: string) => ask(`${url}${path}`, name === 'audit-worker' ? new URL(url).host : host);
    return {
      url,
      isRunning: service.isRunning,
      ended: service.ended,
      log: () => linesOf(logPath),
      ready: () => this.#untilReady(service, () => get('/readyz')),
      get,
      stop: async () => {
        await service.stop();
        return service.ended;
      },
      signal: (signal) => {
        if (service.identity !== undefined && service.isRunning()) process.kill(service.identity.pid, signal);
      },
    };
  }

  async #untilReady(service: ChildService, readyz: () => Promise<Answer>): Promise<void> {
    await until(`${service.name} is ready`, async () => {
      if (!service.isRunning())
        throw new Error(`${service.name} ended:\n${readFileSync(service.logPath, 'utf8').slice(-2000)}`);
      return (await readyz()).status === 200;
    });
  }

  /** As who administers the server, in a database of it. */
  async administer<Row extends pg.QueryResultRow>(sql: string, database?: string): Promise<Row[]> {
    const url = new URL(this.environment.ADMIN_DATABASE_URL);
    if (database !== undefined) url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#replicas.map((service) => service.stop()));
    if (this.#world !== undefined) await this.#world[Symbol.asyncDispose]();
    this.place.folder[Symbol.dispose]();
  }
}

/** Under the name that the service answers to, wherever it listens. */
async function ask(url: string, host: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const asked = request(url, { headers: { host }, agent: false }, (response) => {
    text(response).then((body) => resolve(answerOf(response.statusCode ?? 0, body)), reject);
  });
  // Nobody there is an answer too.
  asked.once('error', () => resolve({ status: 0, body: {}, text: '' }));
  asked.end();
  return promise;
}

function answerOf(status: number, body: string): Answer {
  try {
    return { status, body: JSON.parse(body) as Answer['body'], text: body };
  } catch {
    return { status, body: {}, text: body };
  }
}

function linesOf(path: string): Readonly<Record<string, unknown>>[] {
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
}
