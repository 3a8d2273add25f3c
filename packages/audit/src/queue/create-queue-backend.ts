import { AppError } from '@causeway/core';
import type { Report } from '../report-sparingly.ts';
import { postgresBackend } from './postgres-backend.ts';
import type { QueueBackend, QueueLocation } from './queue-backend.ts';
import { redisBackend } from './redis-backend.ts';

export function createQueueBackend(location: QueueLocation, report: Report): QueueBackend {
  if (location.redisUrl !== undefined) return redisBackend(location.redisUrl, report);
  if (location.stateDatabaseUrl !== undefined) return postgresBackend(location.stateDatabaseUrl, report);
  throw new AppError('config_invalid', 'the audit queue has neither REDIS_URL nor STATE_DATABASE_URL');
}
