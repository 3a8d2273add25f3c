import { type ErrorCode, ERRORS } from '@causeway/core';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/** A route as it is declared: the method and the path pattern, such as `POST /mcp`. */
export type Route = `${string} /${string}`;

interface HttpObservation {
  readonly method: string;
  /** A path pattern of the closed list, or `other`. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
  /** Why it was refused or failed. */
  readonly errorCode?: ErrorCode | undefined;
}

export interface Metrics {
  /** Of this process; handed to whoever adds a metric of its own. */
  readonly registry: Registry;
  /** Names routes, so that each has its histogram from the start. */
  declareRoutes(routes: readonly Route[]): void;
  observeHttp(observation: HttpObservation): void;
}

// Most answers take a few milliseconds: the buckets are fine below 10 ms.
const SECONDS = [0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 35, 120];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** One registry per process, with process, event-loop and HTTP metrics. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gc = registry.getSingleMetric('nodejs_gc_duration_seconds');
  if (gc instanceof Histogram) for (const kind of ['major', 'minor', 'incremental', 'weakcb']) gc.zero({ kind });

  const http = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'How long HTTP requests took, by method, route pattern and class of status.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: SECONDS,
    registers: [registry],
  });
  http.zero({ method: 'other', route: 'other', status: '4xx' });
  const refused = new Counter({
    name: 'requests_refused_total',
    help: 'Requests that were refused or failed, by the reason.',
    labelNames: ['code'] as const,
    registers: [registry],
  });
  for (const code of Object.keys(ERRORS)) refused.inc({ code }, 0);
  const declared = new Set<Route>();
  return {
    registry,
    declareRoutes: (routes) => {
      // Zeroing a series that counts already would lose what it has counted.
      for (const known of routes.filter((candidate) => !declared.has(candidate))) {
        declared.add(known);
        const [method, route] = known.split(' ');
        http.zero({ method: method ?? 'other', route: route ?? 'other', status: '2xx' });
      }
    },
    observeHttp: ({ method, route, status, seconds, errorCode }) => {
      // Every label is from a closed list: callers must not be able to grow the registry.
      const labels = {
        method: METHODS.has(method) ? method : 'other',
        route,
        status: `${Math.floor(status / 100)}xx`,
      };
      http.observe(labels, seconds);
      if (errorCode !== undefined) refused.inc({ code: errorCode });
    },
  };
}
