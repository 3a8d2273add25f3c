import type { StartServer } from '../src/bench-case.ts';
import { startAuditedApp } from './audited-app.ts';

export const startServer: StartServer = (settings) => startAuditedApp(settings, settings['redisUrl']);
