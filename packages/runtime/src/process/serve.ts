import { createHealth, type HealthCheck } from './create-health.ts';
import { createAdminApp, createHttpApp, type HttpAppOptions } from '../http/create-http-app.ts';
import { listen } from '../http/listen.ts';
import type { Logger } from '../logging/create-logger.ts';
import type { Metrics } from '../metrics/create-metrics.ts';
import { addHealthMetrics } from '../metrics/dependency-metrics.ts';
import type { Networks } from '../network/networks.ts';
import type { ListenAddress } from '../settings/plain-variables.ts';
import { createShutdown } from './create-shutdown.ts';
import { type Ways, WAYS } from './end-process.ts';
import type { Front } from './open-front.ts';

export interface ServedApp extends Pick<
  HttpAppOptions,
  'publicUrls' | 'routes' | 'endpoints' | 'mount' | 'challenge' | 'bodyBytesMax' | 'continuesTraces'
> {
  readonly listen: ListenAddress;
}

export interface ServeOptions {
  readonly service: string;
  readonly settings: {
    readonly adminListen: ListenAddress | undefined;
    readonly trustedProxies: Networks;
    readonly drainDelaySeconds?: number;
  };
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly checks: readonly HealthCheck[];
  readonly apps: readonly ServedApp[];
  /** In the order of opening; closed in reverse, after the last request. */
  readonly closers: readonly (readonly [name: string, close: () => Promise<void> | void])[];
  /** What has listened since the process began; without it the ports are opened here. */
  readonly front?: Front;
  readonly host?: ServeHost;
}

/** What of the process is used; tests give their own. */
export interface ServeHost extends Ways {
  readonly on: (signal: 'SIGTERM' | 'SIGINT', listener: (signal: string) => void) => unknown;
}

export const THIS_PROCESS: ServeHost = { ...WAYS, on: (signal, listener) => process.on(signal, listener) };

export interface Served {
  /** Where each of `apps` really listens. */
  readonly ports: readonly number[];
  readonly adminPort: number | undefined;
}

/** Takes traffic: from the first listening socket to the end of the process. */
export async function serve(options: ServeOptions): Promise<Served> {
  const { service, settings, logger, metrics, front, host = THIS_PROCESS } = options;
  const health = createHealth(options.checks);
  addHealthMetrics(metrics.registry, health);
  const shutdown = createShutdown({
    health,
    logger,
    ways: host,
    delayMs: (settings.drainDelaySeconds ?? 0) * 1000,
  });
  for (const [name, close] of options.closers) shutdown.closes(name, close);

  const { adminListen, trustedProxies } = settings;
  const shared = { service, logger, metrics, health, trustedProxies, hasAdminListener: adminListen !== undefined };
  const open = async (app: Parameters<typeof listen>[0], address: ListenAddress) => {
    const listener = front?.take(address, app) ?? (await listen(app, address));
    shutdown.drains(listener);
    logger.info('listening', { host: listener.host, port: listener.port, variable: address.variable });
    return listener.port;
  };
  const adminPort = adminListen && (await open(createAdminApp(shared), adminListen));
  const ports: number[] = [];
  for (const app of options.apps) ports.push(await open(createHttpApp({ ...shared, ...app }), app.listen));

  front?.end();
  host.on('SIGTERM', (signal) => shutdown.onSignal(signal));
  host.on('SIGINT', (signal) => shutdown.onSignal(signal));
  health.markStarted();
  return { ports, adminPort };
}
