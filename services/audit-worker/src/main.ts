import { createLogger, runMain } from '@causeway/runtime';
import { startWorker } from './app.ts';
import { readWorkerSettings } from './settings.ts';

await runMain(async () => {
  const settings = readWorkerSettings(process.env);
  await startWorker(settings, createLogger({ service: 'audit-worker', level: settings.logLevel }));
});
