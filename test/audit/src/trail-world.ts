import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  auditFoundation,
  readJournals,
  readKeysBeside,
  reconcile,
  type Reconciliation,
  postgresTrailRows,
  verifyTrail,
  type VerifyReport,
  withReader,
} from '@causeway/audit';
import { newSigningKey, startTestRedis, type TestRedis } from '@causeway/audit/testing';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { LoadProducer } from './load-producer.ts';
import { mountSmallDisk, unmount } from './small-disk.ts';
import { WorkerProcess } from './worker-process.ts';

export type Backend = 'redis' | 'postgres';

/** What was heard against what is there. */
export interface Verdict {
  readonly accepted: number;
  /** Accepted request ids without a row, or with several. */
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly reconciliation: Reconciliation;
  readonly verification: VerifyReport;
}

export interface TrailWorldOptions {
  readonly backend: Backend;
  readonly workers: number;
  readonly producers: number;
  /** Each producer's pace. */
  readonly perTick: number;
  readonly tickMs: number;
}

/** Warehouse, queue, workers and producers as real processes, in a folder of their own. */
export class TrailWorld {
  readonly #root: string;
  readonly #accepted = new Set<string>();
  readonly warehouse: TestPostgres;
  readonly redis: TestRedis | undefined;
  readonly state: TestPostgres | undefined;
  readonly workers: readonly WorkerProcess[];
  readonly producers: readonly LoadProducer[];
  readonly #journals: string;
  readonly isDiskMounted: boolean;

  static async create(options: TrailWorldOptions): Promise<TrailWorld> {
    const warehouse = await startTestPostgres();
    for (const statement of auditFoundation().statements) await warehouse.query(statement);
    const redis = options.backend === 'redis' ? await startTestRedis() : undefined;
    const state = redis === undefined ? await startTestPostgres() : undefined;
    return new TrailWorld(options, { warehouse, redis, state });
  }

  private constructor(
    options: TrailWorldOptions,
    servers: { warehouse: TestPostgres; redis: TestRedis | undefined; state: TestPostgres | undefined },
  ) {
    const { warehouse, redis, state } = servers;
    this.warehouse = warehouse;
    this.redis = redis;
    this.state = state;
    this.#root = mkdtempSync(join(tmpdir(), 'causeway-trail-'));
    this.#journals = join(this.#root, 'journal');
    mkdirSync(this.#journals);
    mkdirSync(this.#heads);
    // A real small disk needs root; without it the producers find their disk full at the same size.
    this.isDiskMounted = mountSmallDisk(this.#journals, DISK_BYTES);
    const producerKey = randomBytes(32).toString('base64url');
    const signingKeyFile = join(this.#root, 'signing-key.pem');
    writeFileSync(signingKeyFile, newSigningKey(), { mode: 0o600 });
    const queue: Readonly<Record<string, string>> =
      redis === undefined ? { STATE_DATABASE_URL: state?.url ?? '' } : { REDIS_URL: redis.urlOf('audit-worker') };
    const env = {
      ...queue,
      AUDIT_DATABASE_URL: this.#urlOf('causeway_audit_worker'),
      AUDIT_SIGNING_KEY_FILE: signingKeyFile,
      AUDIT_PRODUCER_KEY: producerKey,
    };
    this.workers = Array.from(
      { length: options.workers },
      (_, n) =>
        new WorkerProcess(
          { ...env, AUDIT_HEADS_PATH: join(this.#heads, `${n}.jsonl`) },
          join(this.#root, `worker-${n}.log`),
        ),
    );
    const diskBytes = this.isDiskMounted ? undefined : DISK_BYTES;
    const job = {
      diskBytes,
      producerKey,
      redisUrl: redis?.urlOf('mcp'),
      stateDatabaseUrl: state?.url,
      drainMs: 20_000,
      ...options,
    };
    this.producers = Array.from(
      { length: options.producers },
      () => new LoadProducer({ ...job, journalDir: this.#journals }, this.#accepted),
    );
  }

  /** How many events were heard to be accepted so far. */
  get accepted(): number {
    return this.#accepted.size;
  }

  get journals(): string {
    return this.#journals;
  }

  /** What the journals hold that nobody confirmed. */
  waitingBatches(): readonly { readonly producer: string; readonly first: number; readonly last: number }[] {
    return readJournals(this.#journals).flatMap(({ producer, waiting }) =>
      waiting.map((range) => ({ producer, ...range })),
    );
  }

  get #heads(): string {
    return join(this.#root, 'heads');
  }

  #urlOf(user: string): string {
    return this.warehouse.urlOf('postgres', user);
  }

  async start(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.start()));
    await Promise.all(this.producers.map((producer) => producer.start()));
  }

  /** The end of the load: what is still in journals is shipped by a producer that finds it. */
  async settle(withinMs: number): Promise<void> {
    await Promise.all(this.producers.map((producer) => producer.end()));
    const deadline = Date.now() + withinMs;
    for (;;) {
      const { pending } = await this.#reconcile();
      if (pending === 0) return;
      if (Date.now() > deadline)
        throw new Error(
          `${pending} events are still pending:\n${this.workers.map((one) => one.log().slice(-2000)).join('\n')}`,
        );
      await Promise.all(this.producers.map((producer) => producer.start()));
      await delay(1000);
      await Promise.all(this.producers.map((producer) => producer.end()));
    }
  }

  async verdict(): Promise<Verdict> {
    const counts = new Map<string, number>();
    const rows = await this.warehouse.query(
      'SELECT request_id AS id, count(*)::int AS n FROM audit_base.tool_calls GROUP BY 1',
    );
    for (const { id, n } of rows) counts.set(String(id), Number(n));
    const keys = await readKeysBeside(this.#heads);
    const verification = await withReader(this.#urlOf('causeway_audit_reader'), (client) =>
      verifyTrail({ trail: postgresTrailRows(client), headsPath: this.#heads, keys }),
    );
    return {
      accepted: this.#accepted.size,
      lost: [...this.#accepted].filter((id) => !counts.has(id)),
      doubled: [...counts].filter(([, n]) => n > 1).map(([id]) => id),
      reconciliation: await this.#reconcile(),
      verification,
    };
  }

  #reconcile(): Promise<Reconciliation> {
    return withReader(this.#urlOf('causeway_audit_reader'), (client) => reconcile(client, [this.#journals]));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.producers, ...this.workers].map((process) => process.kill()));
    await Promise.all([this.warehouse.stop(), this.redis?.stop(), this.state?.stop()]);
    if (this.isDiskMounted) unmount(this.#journals);
    rmSync(this.#root, { recursive: true, force: true });
  }
}

const DISK_BYTES = 48 * 2 ** 20;
