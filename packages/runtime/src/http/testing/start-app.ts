import { createHealth, type HealthCheck } from '../../process/create-health.ts';
import { createLogger } from '../../logging/create-logger.ts';
import { createMetrics } from '../../metrics/create-metrics.ts';
import { parseNetworks } from '../../network/networks.ts';
import { createHttpApp, type HttpAppOptions } from '../create-http-app.ts';
import { listen, SERVER_LIMITS, type ServerLimits } from '../listen.ts';
import { openRaw, sayRaw } from './raw-http.ts';

export interface StartOptions extends Partial<Omit<HttpAppOptions, 'health' | 'metrics' | 'logger'>> {
  readonly checks?: readonly HealthCheck[];
  readonly limits?: Partial<ServerLimits>;
}

/** An application on a free port of 127.0.0.1, known as http://gateway.test, whose log lines are kept. */
export async function startApp(options: StartOptions = {}) {
  const { checks = [], limits, ...rest } = options;
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const health = createHealth(checks);
  const metrics = createMetrics();
  health.markStarted();
  const app = createHttpApp({
    service: 'demo',
    publicUrls: ['http://gateway.test'],
    routes: [],
    mount: () => undefined,
    trustedProxies: parseNetworks('') ?? { contains: () => false },
    hasAdminListener: false,
    logger: createLogger({ service: 'demo', level: 'info', destination }),
    ...rest,
    health,
    metrics,
  });
  const listener = await listen(
    app,
    { variable: 'DEMO_LISTEN', host: '127.0.0.1', port: 0 },
    { ...SERVER_LIMITS, ...limits },
  );
  const { port } = listener;
  return {
    port,
    lines,
    health,
    metrics,
    listener,
    open: () => openRaw(port),
    say: (...text: readonly string[]) => sayRaw(port, ...text),
    /** A whole well-formed request. */
    get: (path: string, ...headers: readonly string[]) =>
      sayRaw(port, `GET ${path} HTTP/1.1`, 'Host: gateway.test', 'Connection: close', ...headers),
    stop: () => listener.drain(AbortSignal.abort()),
  };
}

export type StartedApp = Awaited<ReturnType<typeof startApp>>;

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
export const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
