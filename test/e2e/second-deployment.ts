import { makePasswords, keepPasswords } from '@causeway/local/passwords';
import { type RedisLogin, startTestRedis, type TestRedis } from '@causeway/audit/testing';
import { prepareDatabases } from '@causeway/local/databases';
import { listServices } from '@causeway/local/services';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { McpWorld } from './mcp-world.ts';

/** The same three services on the Postgres of Debian, and with Redis for what replicas share. */
export class SecondDeployment implements AsyncDisposable {
  readonly world: McpWorld;
  readonly redis: TestRedis;
  readonly #postgres: TestPostgres;

  private constructor(world: McpWorld, redis: TestRedis, postgres: TestPostgres) {
    this.world = world;
    this.redis = redis;
    this.#postgres = postgres;
  }

  static async start(): Promise<SecondDeployment> {
    await using started = new AsyncDisposableStack();
    const redis = started.adopt(await startTestRedis(), (server) => server.stop());
    const postgres = started.adopt(await startTestPostgres('debian15'), (server) => server.stop());
    const { folder, ports } = await McpWorld.place();
    const world = await McpWorld.start({
      place: { folder, ports: { ...ports, postgres: postgres.port } },
      services: (place, environment) => listServices(place, environment).map((spec) => withRedis(spec, redis)),
      database: async (dataDir) => {
        const passwords = makePasswords();
        keepPasswords(dataDir, passwords);
        await prepareDatabases(postgres.url, passwords);
        return { passwords, ended: new Promise(() => {}), stop: () => Promise.resolve() };
      },
    });
    started.move();
    return new SecondDeployment(world, redis, postgres);
  }

  /** For the command line beside it. */
  get environment(): Readonly<Record<string, string>> {
    const { STATE_DATABASE_URL: _, ...rest } = this.world.environment;
    return { ...rest, REDIS_URL: this.redis.urlOf('operator') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
    await Promise.all([this.redis.stop(), this.#postgres.stop()]);
  }
}

type Spec = ReturnType<typeof listServices>[number];

/** Each with the login that it has in production. */
function withRedis(spec: Spec, redis: TestRedis): Spec {
  const { STATE_DATABASE_URL: _, ...env } = spec.env;
  return { ...spec, env: { ...env, REDIS_URL: redis.urlOf(spec.name as RedisLogin) } };
}
