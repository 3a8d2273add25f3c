import { setTimeout as delay } from 'node:timers/promises';
import type { Health } from './create-health.ts';
import type { Listener } from '../http/listen.ts';
import type { Logger } from '../logging/create-logger.ts';
import type { Ways } from './end-process.ts';

export interface ShutdownOptions {
  readonly health: Pick<Health, 'markDraining'>;
  readonly logger: Logger;
  readonly ways: Ways;
  /**
   * How long requests are still taken after the process has said that it is not ready: as long as a balancer needs to notice, or it
   * would send some to a port that is closed. None when left out.
   */
  readonly delayMs?: number;
  /** How long running requests may take; 25 s when left out. */
  readonly drainMs?: number;
  /** How long each closer may take; 3 s when left out. */
  readonly closeMs?: number;
}

export interface Shutdown {
  /** Its requests finish before anything is closed. */
  drains(listener: Listener): void;
  /** Runs after the requests have finished; what was opened last is closed first. */
  closes(name: string, close: () => Promise<void> | void): void;
  /** For SIGTERM and SIGINT. The second one does not wait for the first. */
  onSignal(signal: string): void;
}

/** The way out: not ready, requests finish, closers in reverse order, exit 0; or 1 when anything had to be cut off. */
export function createShutdown(options: ShutdownOptions): Shutdown {
  const { health, logger, ways, delayMs = 0, drainMs = 25_000, closeMs = 3000 } = options;
  const listeners: Listener[] = [];
  const closers: Closer[] = [];
  let begun = false;

  const run = async (): Promise<number> => {
    health.markDraining();
    for (const listener of listeners) listener.discourage();
    if (delayMs > 0) await delay(delayMs);
    const deadline = AbortSignal.timeout(drainMs);
    const cutOff = await Promise.all(listeners.map((listener) => listener.drain(deadline)));
    const requests = cutOff.reduce((sum, count) => sum + count, 0);
    if (requests > 0) logger.error('requests were cut off by the deadline', { requests, drain_ms: drainMs });
    let clean = requests === 0;
    for (const closer of closers.toReversed()) clean = (await closeOne(closer, closeMs, logger)) && clean;
    logger.info('stopped', { clean });
    return clean ? 0 : 1;
  };
  return {
    drains: (listener) => listeners.push(listener),
    closes: (name, close) => closers.push({ name, close }),
    onSignal: (signal) => {
      if (begun) {
        ways.exit(1);
        return;
      }
      begun = true;
      logger.info('stopping', { signal });
      run().then(ways.end, () => ways.end(1));
    },
  };
}

interface Closer {
  readonly name: string;
  readonly close: () => Promise<void> | void;
}

async function closeOne({ name, close }: Closer, closeMs: number, logger: Logger): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(closeMs, 'late' as const, { signal: timer.signal });
  try {
    if ((await Promise.race([close(), late])) !== 'late') return true;
    logger.error('closing took too long', { closer: name, close_ms: closeMs });
  } catch (error) {
    logger.error('closing failed', { closer: name, error });
  } finally {
    timer.abort();
    late.catch(() => undefined);
  }
  return false;
}
