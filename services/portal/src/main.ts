import { openAudit } from '@causeway/audit';
import {
  addBreakerMetrics,
  addKeyMetrics,
  createCacheMetrics,
  createLogger,
  createMetrics,
  openFront,
  runMain,
  serve,
  startTelemetry,
} from '@causeway/runtime';
import { openPortal } from './open-portal.ts';
import { readPortalSettings } from './settings.ts';

const SERVICE = 'portal';

await runMain(async () => {
  const settings = readPortalSettings(process.env);
  const logger = createLogger({ service: SERVICE, level: settings.logLevel });
  const metrics = createMetrics();
  const front = await openFront({
    service: SERVICE,
    settings,
    logger,
    metrics,
    apps: [{ listen: settings.listen, publicUrls: [settings.publicUrl] }],
  });
  const telemetry = await startTelemetry({ service: SERVICE, settings, logger, metrics });
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
  const onTokenLookup = createCacheMetrics(metrics.registry)('subject tokens');
  const portal = await openPortal({ settings, logger, audit, onTokenLookup, waitFor: front.waitFor });
  addKeyMetrics(metrics.registry, portal.keyStates);
  addBreakerMetrics(metrics.registry, portal.keyStates);
  const closers = [
    ['telemetry', () => telemetry.close()] as const,
    ['audit', () => audit.close()] as const,
    ...portal.closers,
  ];
  await serve({ service: SERVICE, settings, logger, metrics, front, ...portal, closers });
});
