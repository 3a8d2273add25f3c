import { setTimeout as delay } from 'node:timers/promises';
import {
  type BatchConsumer,
  consumeBatches,
  createHeadSigner,
  HeadsFile,
  MAIN_CHAIN,
  type ProducerKey,
  readProducerKeys,
  UnvouchedRowsWatch,
} from '@causeway/audit';
import { createMetrics, type Logger, type Served, serve, startTelemetry } from '@causeway/runtime';
import { openAuditTable } from './open-audit-table.ts';
import { createProcessBatch } from './process-batch.ts';
import type { WorkerSettings } from './settings.ts';
import { createTrailWatch, type TrailWatch } from './watch-trail.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

const SERVICE = 'audit-worker';
/** While one batch is inside the database, the next ones are checked. */
const CONCURRENCY = 4;
const LOOK_MS = 10_000;

/** Serves at once, and works as soon as queue and warehouse are there, in whatever order they come. */
export async function startWorker(settings: WorkerSettings, logger: Logger): Promise<Served> {
  const report = reporter(logger);
  const signer = await createHeadSigner(settings.signingKey.reveal());
  const path = settings.headsPath;
  const heads: HeadsFile = new HeadsFile({ path, signer, onSetBack: (run) => trail.setBack(run) });
  await heads.prepare();
  const table = openAuditTable(settings, { connectionsMax: CONCURRENCY + 1, report });
  const metrics = createMetrics();
  const { registry } = metrics;
  const trail = createTrailWatch({ heads, rows: new UnvouchedRowsWatch(path), logger, registry });
  const looking = lookRegularly(trail, report);
  const telemetry = await startTelemetry({ service: SERVICE, settings, logger, metrics });
  let consumer: BatchConsumer | undefined;
  const process = createProcessBatch({
    chain: MAIN_CHAIN,
    keys: keysOf(settings),
    table,
    heads,
    trail,
    logger,
    metrics: createWorkerMetrics({
      registry,
      depth: () => consumer?.depth() ?? Promise.reject(new Error('not yet')),
    }),
  });
  const running = consumeBatches({ location: settings, concurrency: CONCURRENCY, process, report });
  consumer = running;
  return serve({
    service: SERVICE,
    // Nobody calls the worker but who operates it: its one port serves the details.
    settings: { adminListen: settings.listen, trustedProxies: { contains: () => false } },
    logger,
    metrics,
    checks: [
      { name: 'warehouse', required: true, run: () => table.ping() },
      { name: 'queue', required: true, run: () => running.ping() },
      { name: 'queue setup', required: false, run: () => running.checkSetup(), freshMs: 60_000 },
      { name: 'heads file', required: true, run: () => heads.check() },
      trail.check,
    ],
    apps: [],
    closers: [
      ['trail', () => looking.stop()],
      ['telemetry', () => telemetry.close()],
      ['warehouse', () => table.close()],
      ['queue', () => running.close()],
    ],
  });
}

function keysOf({ producerKeys, producerKey, producerKeyBefore }: WorkerSettings): ProducerKey[] {
  const shared = [producerKey, producerKeyBefore].filter((key) => key !== undefined).map((key) => ({ key }));
  return [...(producerKeys === undefined ? [] : readProducerKeys(producerKeys)), ...shared];
}

/** Off the path of batches; a look that takes long is not overtaken by the next one. */
function lookRegularly(trail: Pick<TrailWatch, 'look'>, report: (error: unknown) => void) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    while (!signal.aborted) {
      await trail.look().catch(report);
      await delay(LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  };
  const done = run();
  return {
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}

/** The same trouble a thousand times is one line a second. */
function reporter(logger: Logger): (error: unknown) => void {
  let last = 0;
  let silenced = 0;
  return (error) => {
    const now = Date.now();
    if (now - last < 1000) {
      silenced += 1;
      return;
    }
    logger.warn('audit worker: something failed and will be tried again', { error, silenced });
    last = now;
    silenced = 0;
  };
}
