import { openAudit } from '@causeway/audit';
import { createLogger, createMetrics, runMain, serve } from '@causeway/runtime';
import { openPortal } from './open-portal.ts';
import { readPortalSettings } from './settings.ts';

const SERVICE = 'portal';

await runMain(async () => {
  const settings = readPortalSettings(process.env);
  const logger = createLogger({ service: SERVICE, level: settings.logLevel });
  const metrics = createMetrics();
  const audit = openAudit({
    service: SERVICE,
    journalDir: settings.journalDir,
    journalBytesMax: settings.journalMaxMb * 1024 * 1024,
    producerKey: settings.producerKey,
    location: settings,
    isProduction: settings.deployment === 'production',
    metrics,
    report: (error) => logger.warn('the audit trail is behind', { error }),
  });
  const portal = await openPortal({ settings, logger, audit });
  const closers = [['audit', () => audit.close()] as const, ...portal.closers];
  await serve({ service: SERVICE, settings, logger, metrics, ...portal, closers });
});
