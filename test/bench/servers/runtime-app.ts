import { createHealth, createHttpApp, createLogger, createMetrics, listen } from '@causeway/runtime';
import { freePort } from '@causeway/runtime/testing/free-ports';
import type { StartServer } from '../src/bench-case.ts';

/** What every service starts from, with everything on: host check, request id, limits, metrics, one log line per request. */
export const startServer: StartServer = async () => {
  // The application must know its own host before it listens: it answers no other.
  const port = await freePort();
  const health = createHealth([]);
  const app = createHttpApp({
    service: 'bench',
    logger: createLogger({ service: 'bench', level: 'info' }),
    metrics: createMetrics(),
    health,
    publicUrls: [`http://127.0.0.1:${port}`],
    routes: ['GET /hello'],
    mount: (express) =>
      express.get('/hello', (_request, response) => {
        response.json({ hello: 'world' });
      }),
    trustedProxies: { contains: () => false },
    hasAdminListener: false,
  });
  return listen(app, { host: '127.0.0.1', port, variable: 'LISTEN' });
};
