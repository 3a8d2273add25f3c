import type { StartServer } from '../src/bench-case.ts';
import { startPortal } from './portal-service.ts';

export const startServer: StartServer = (settings) =>
  startPortal(settings, 'redis', { REDIS_URL: settings['redisUrl'] ?? '' });
