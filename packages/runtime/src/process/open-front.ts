import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@causeway/core';
import type { Health } from './create-health.ts';
import { createAdminApp, createHttpApp } from '../http/create-http-app.ts';
import { listen, type Listener } from '../http/listen.ts';
import type { ListenAddress } from '../settings/plain-variables.ts';
import { isPassingFailure } from './is-passing-failure.ts';
import { type ServedApp, type ServeHost, type ServeOptions, THIS_PROCESS } from './serve.ts';

export interface FrontOptions extends Pick<ServeOptions, 'service' | 'settings' | 'logger' | 'metrics'> {
  readonly apps: readonly Pick<ServedApp, 'listen' | 'publicUrls'>[];
  readonly host?: ServeHost;
  /** The pause after the first failed attempt; it doubles, up to two seconds. */
  readonly pauseMs?: number;
}

/** The ports of a process from its first moment on. */
export interface Front {
  /** Where each of `apps` really listens. */
  readonly ports: readonly number[];
  /** Tries until it is there. `/readyz` and the log say what is waited for. What waiting cannot mend is thrown at once. */
  readonly waitFor: <T>(what: string, open: () => Promise<T>) => Promise<T>;
  /** The listener of this address, which answers by `handler` from now on. */
  take(address: ListenAddress, handler: RequestListener): Listener | undefined;
  /** From here on signals are somebody else's. */
  end(): void;
}

const PAUSE_MAX_MS = 2000;
const SAY_AGAIN_MS = 10_000;

/**
 * Listens before anything else is open, so that the order in which the parts of an installation start does not matter: whoever
 * asks is told what is waited for, instead of finding a process that comes and goes.
 */
export async function openFront(options: FrontOptions): Promise<Front> {
  const { settings, logger, host = THIS_PROCESS, pauseMs = 100 } = options;
  const waiting: Waiting = { what: undefined, since: new Date(), isOver: false };
  const shared = { ...options, health: startingHealth(waiting), trustedProxies: settings.trustedProxies };
  const hasAdminListener = settings.adminListen !== undefined;
  const ports = new Map<ListenAddress, Port>();
  if (settings.adminListen !== undefined) {
    ports.set(settings.adminListen, await openPort(createAdminApp(shared), settings.adminListen));
  }
  for (const { listen: address, publicUrls } of options.apps) {
    const app = createHttpApp({ ...shared, publicUrls, hasAdminListener, routes: [], mount: refuseAll });
    ports.set(address, await openPort(app, address));
  }
  let isTaken = false;
  const leave = (signal: string) => {
    if (isTaken || waiting.isOver) return;
    waiting.isOver = true;
    logger.info('stopping', { signal, waiting_for: waiting.what });
    const deadline = AbortSignal.timeout(1000);
    void Promise.all([...ports.values()].map(({ listener }) => listener.drain(deadline))).then(() => host.end(0));
  };
  host.on('SIGTERM', leave);
  host.on('SIGINT', leave);
  return {
    ports: options.apps.map(({ listen: address }) => ports.get(address)?.listener.port ?? address.port),
    waitFor: (what, open) => waitFor({ what, open, waiting, logger, pauseMs }),
    take: (address, handler) => {
      const port = ports.get(address);
      if (port !== undefined) port.handler = handler;
      return port?.listener;
    },
    end: () => {
      isTaken = true;
    },
  };
}

interface Port {
  readonly listener: Listener;
  handler: RequestListener;
}

async function openPort(first: RequestListener, address: ListenAddress): Promise<Port> {
  const port = { handler: first };
  const listener = await listen((request, response) => port.handler(request, response), address);
  return Object.assign(port, { listener });
}

const refuseAll: ServedApp['mount'] = (app) => {
  app.use(() => {
    throw new AppError('upstream_unavailable', 'the process is starting', { retryAfterMs: 1000 });
  });
};

interface Waiting {
  what: string | undefined;
  since: Date;
  /** The process was told to end: what it waited for does not begin any more. */
  isOver: boolean;
}

/** Not ready, and why. */
function startingHealth(waiting: Waiting): Health {
  return {
    readiness: () =>
      Promise.resolve({
        ready: false,
        reason: waiting.what === undefined ? 'starting' : `waiting for ${waiting.what}`,
      }),
    report: () => {
      const { what, since } = waiting;
      const dependency = {
        status: 'down' as const,
        cause: 'waited for since the start',
        required: true,
        latency_ms: Date.now() - since.getTime(),
        checked_at: new Date().toISOString(),
      };
      return Promise.resolve({ status: 'down', dependencies: what === undefined ? {} : { [what]: dependency } });
    },
    markStarted: () => undefined,
    markDraining: () => undefined,
  };
}

interface Wait<T> extends Pick<FrontOptions, 'logger'> {
  readonly what: string;
  readonly open: () => Promise<T>;
  readonly waiting: Waiting;
  readonly pauseMs: number;
}

async function waitFor<T>({ what, open, waiting, logger, pauseMs }: Wait<T>): Promise<T> {
  const startedAt = Date.now();
  let saidAt = -Infinity;
  for (let pause = pauseMs; ; pause = Math.min(PAUSE_MAX_MS, pause * 2)) {
    try {
      const opened = await open();
      if (waiting.isOver) return await new Promise<never>(() => {});
      if (waiting.what === what) logger.info('no longer waiting', { for: what, waited_ms: Date.now() - startedAt });
      waiting.what = undefined;
      return opened;
    } catch (error) {
      if (waiting.isOver) return await new Promise<never>(() => {});
      if (!isPassingFailure(error)) throw error;
      if (waiting.what !== what) Object.assign(waiting, { what, since: new Date() });
      if (Date.now() - saidAt >= SAY_AGAIN_MS) {
        saidAt = Date.now();
        logger.warn('waiting', { for: what, waited_ms: saidAt - startedAt, error });
      }
      await delay(pause);
    }
  }
}
