import type { Express, Response } from 'express';
import type { Health } from '../process/create-health.ts';
import type { Metrics, Route } from '../metrics/create-metrics.ts';

export const OPERATIONS_ROUTES: readonly Route[] = ['GET /livez', 'GET /readyz', 'GET /health', 'GET /metrics'];

export interface Operations {
  readonly health: Health;
  readonly metrics: Metrics;
  /** Names, latencies and causes in /health, and /metrics; otherwise /health says its one word and there is no /metrics. */
  readonly detailed: boolean;
}

/** What orchestrators and monitors ask. */
export function mountOperations(app: Express, { health, metrics, detailed }: Operations): void {
  app.get('/livez', (_request, response) => answer(response, 200, { status: 'ok' }));
  app.get('/readyz', async (_request, response) => {
    const readiness = await health.readiness();
    answer(response, readiness.ready ? 200 : 503, detailed ? readiness : { ready: readiness.ready });
  });
  app.get('/health', async (_request, response) => {
    const report = await health.report();
    answer(response, report.status === 'down' ? 503 : 200, detailed ? report : { status: report.status });
  });
  if (!detailed) return;
  app.get('/metrics', async (_request, response) => {
    response.setHeader('Content-Type', metrics.registry.contentType);
    response.end(await metrics.registry.metrics());
  });
}

function answer(response: Response, status: number, body: object): void {
  response.status(status).json(body);
}
