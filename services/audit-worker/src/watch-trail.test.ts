import { type ChainRun, type UnvouchedRows, UnfaithfulAnswer } from '@causeway/audit';
import { createMetrics, type Logger } from '@causeway/runtime';
import { expect, test } from 'vitest';
import { createTrailWatch } from './watch-trail.ts';

const { signal: SIGNAL } = new AbortController();
const RUN: ChainRun = { chain: 'main', from: 5, prevHash: Buffer.alloc(32), chainSeq: 6, hash: Buffer.alloc(32) };

function watch(found: readonly UnvouchedRows[] = [], retired: readonly { chain: string; upTo: number }[] = []) {
  const said: unknown[] = [];
  const forgotten: unknown[] = [];
  const { registry } = createMetrics();
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (text, fields) => said.push([text, fields]),
    fatal: () => {},
    child: () => logger,
  };
  const trail = createTrailWatch({
    heads: { forget: async (prefix) => void forgotten.push(prefix) },
    rows: { scan: () => Promise.resolve(), olderThan: () => found, retired },
    logger,
    registry,
  });
  return { trail, said, forgotten, metrics: () => registry.metrics() };
}

test('a sound trail is healthy, and says nothing', async () => {
  const { trail, said, metrics } = watch();
  await trail.look();
  expect(await trail.check.run(SIGNAL)).toBeUndefined();
  expect(said).toEqual([]);
  expect(await metrics()).toMatch(/^audit_unvouched_rows 0$/m);
  expect(await metrics()).toMatch(/^audit_trail_contradictions_total 0$/m);
});

test('rows that no worker stored: health, metric, and one line in the log', async () => {
  const { trail, said, metrics } = watch([{ chain: 'main', first: 4, last: 6, since: 0 }]);
  await trail.look();
  await trail.look();
  expect(await trail.check.run(SIGNAL)).toMatchObject({
    status: 'degraded',
    cause: expect.stringContaining('no worker'),
  });
  expect(said).toEqual([['the trail has rows that no worker stored', { chain: 'main', first: 4, last: 6 }]]);
  expect(await metrics()).toMatch(/^audit_unvouched_rows 3$/m);
});

test('a database that was set back: health, metric and log', async () => {
  const { trail, said, metrics } = watch();
  trail.setBack(RUN);
  expect(await trail.check.run(SIGNAL)).toMatchObject({
    status: 'degraded',
    cause: expect.stringContaining('earlier state'),
  });
  expect(said).toEqual([[expect.stringContaining('earlier place'), { chain: 'main', first: 5 }]]);
  expect(await metrics()).toMatch(/^audit_trail_contradictions_total 1$/m);
});

test('a database that answers what cannot be: health, metric and log', async () => {
  const { trail, said, metrics } = watch();
  trail.unfaithful('some.1.2', new UnfaithfulAnswer('main', 7));
  expect(await trail.check.run(SIGNAL)).toMatchObject({
    status: 'degraded',
    cause: expect.stringContaining('other rows'),
  });
  expect(said).toHaveLength(1);
  expect(await metrics()).toMatch(/^audit_trail_contradictions_total 1$/m);
});

test('heads of retired rows are dropped once', async () => {
  const { trail, forgotten } = watch([], [{ chain: 'main', upTo: 9 }]);
  await trail.look();
  await trail.look();
  expect(forgotten).toEqual([{ chain: 'main', upTo: 9 }]);
});
