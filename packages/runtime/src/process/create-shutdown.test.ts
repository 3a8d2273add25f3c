import { expect, test } from 'vitest';
import { createLogger } from '../logging/create-logger.ts';
import { createShutdown } from './create-shutdown.ts';

function setUp(delayMs = 0) {
  const seen: string[] = [];
  const exited = Promise.withResolvers<number>();
  const logger = createLogger({ service: 'demo', level: 'info', destination: { write: () => undefined } });
  const shutdown = createShutdown({
    logger,
    health: { markDraining: () => seen.push('draining') },
    ways: {
      exit: (code) => seen.push(`exit ${code}`),
      end: (code) => {
        seen.push(`end ${code}`);
        exited.resolve(code);
      },
    },
    delayMs,
    drainMs: 20,
    closeMs: 20,
  });
  const listener = (drain: (deadline: AbortSignal) => Promise<number>) =>
    shutdown.drains({ host: '127.0.0.1', port: 0, discourage: () => seen.push('discouraged'), drain });
  return { seen, shutdown, listener, exited: exited.promise };
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

test('not ready, then requests finish, then closers in reverse order, then the end with 0', async () => {
  const { seen, shutdown, listener, exited } = setUp();
  shutdown.closes('first opened', () => void seen.push('close first'));
  shutdown.closes('second opened', () => void seen.push('close second'));
  listener(async () => {
    await Promise.resolve();
    seen.push('drained');
    return 0;
  });
  shutdown.onSignal('SIGTERM');
  expect(await exited).toBe(0);
  expect(seen).toEqual(['draining', 'discouraged', 'drained', 'close second', 'close first', 'end 0']);
});

test('the ports stay open for the delay, so that a balancer can notice first', async () => {
  const { seen, shutdown, listener, exited } = setUp(20);
  listener(() => {
    seen.push('closed');
    return Promise.resolve(0);
  });
  shutdown.onSignal('SIGTERM');
  await Promise.resolve();
  expect(seen).toEqual(['draining', 'discouraged']);
  expect(await exited).toBe(0);
});

test('a request that misses the deadline makes the exit code 1, and everything is still closed', async () => {
  const { seen, shutdown, listener, exited } = setUp();
  shutdown.closes('database', () => void seen.push('closed'));
  listener(async (deadline) => {
    await aborted(deadline);
    return 1;
  });
  shutdown.onSignal('SIGTERM');
  expect(await exited).toBe(1);
  expect(seen).toEqual(['draining', 'discouraged', 'closed', 'end 1']);
});

test.each([
  ['hangs', () => new Promise<void>(() => undefined)],
  ['rejects', () => Promise.reject(new Error('x'))],
  [
    'throws',
    () => {
      throw new Error('x');
    },
  ],
])('a closer that %s does not keep the others from closing, and makes the exit code 1', async (_, close) => {
  const { seen, shutdown, exited } = setUp();
  shutdown.closes('innocent', () => void seen.push('closed'));
  shutdown.closes('broken', close);
  shutdown.onSignal('SIGTERM');
  expect(await exited).toBe(1);
  expect(seen).toEqual(['draining', 'closed', 'end 1']);
});

test('a second signal does not wait', () => {
  const { seen, shutdown, listener } = setUp();
  listener(() => new Promise(() => undefined));
  shutdown.onSignal('SIGINT');
  shutdown.onSignal('SIGINT');
  expect(seen).toEqual(['draining', 'discouraged', 'exit 1']);
});
