import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { openAudit } from '@causeway/audit';
import { Secret } from '@causeway/core';
import { createHealth, createHttpApp, createLogger, createMetrics, listen } from '@causeway/runtime';
import { freePort } from '@causeway/runtime/testing/free-ports';
import type { Settings } from '../src/bench-case.ts';
import { AUDIT_EVENT } from '../drivers/audit-event.ts';

/** A service in small: each answer goes out when its event is in the journal, and the journal is shipped as always. */
export async function startAuditedApp({ folder = '', producerKey = '' }: Settings, queueUrl = '') {
  const port = await freePort();
  const metrics = createMetrics();
  const url = new Secret(queueUrl);
  const audit = openAudit({
    service: 'bench',
    journalDir: mkdtempSync(join(folder, 'journal-')),
    journalBytesMax: 2 ** 36,
    producerKey: new Secret(producerKey),
    location: queueUrl.startsWith('redis') ? { redisUrl: url } : { stateDatabaseUrl: url },
    isProduction: false,
    metrics,
    report: () => undefined,
  });
  const app = createHttpApp({
    service: 'bench',
    logger: createLogger({ service: 'bench', level: 'warn' }),
    metrics,
    health: createHealth([]),
    publicUrls: [`http://127.0.0.1:${port}`],
    routes: ['GET /attempt'],
    mount: (express) =>
      express.get('/attempt', async (_request, response) => {
        await audit.sink.record(AUDIT_EVENT);
        response.json({ recorded: true });
      }),
    trustedProxies: { contains: () => false },
    hasAdminListener: false,
  });
  return listen(app, { host: '127.0.0.1', port, variable: 'LISTEN' });
}
