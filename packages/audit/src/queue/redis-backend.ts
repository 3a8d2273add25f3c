import type { Secret } from '@causeway/core';
import type { CheckResult } from '@causeway/runtime';
import { createRedisBackend } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import type { Report } from '../report-sparingly.ts';
import type { QueueBackend } from './queue-backend.ts';

const RECONNECT_MAX_MS = 2000;
const COMMAND_MS = 3000;

type Options = Omit<RedisOptions, 'replyMapping'>;

const COMMON: Options = {
  lazyConnect: true,
  connectTimeout: COMMAND_MS,
  retryStrategy: (attempt) => Math.random() * Math.min(RECONNECT_MAX_MS, 50 * 2 ** Math.min(attempt, 10)),
};

export function redisBackend(url: Secret, report: Report): QueueBackend {
  const open = (options: Options) => new Redis(url.reveal(), { ...COMMON, ...options }).on('error', report);
  // The producer would rather fail and try again than wait; whoever blocks on Redis must be able to wait for ever.
  const commands = open({ maxRetriesPerRequest: 1, commandTimeout: COMMAND_MS });
  const blocking = open({ maxRetriesPerRequest: null });
  return {
    factory: (name, options, use = {}) => {
      const blocks = use.blocking === true || use.withBlockingConnection === true;
      return createRedisBackend(name, { ...options, connection: blocks ? blocking : commands }, use);
    },
    prepare: async () => {
      await commands.ping();
    },
    ping: async () => {
      await commands.ping();
    },
    checkSetup: async () => setupOf(await commands.info()),
    close: () => {
      commands.disconnect();
      blocking.disconnect();
      return Promise.resolve();
    },
  };
}

/** Reads INFO and not CONFIG, which hosted servers do not offer. */
export function setupOf(info: string): CheckResult {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const problems = [
    ...(field('maxmemory_policy') === 'noeviction' ? [] : ['maxmemory-policy is not noeviction']),
    ...(field('aof_enabled') === '1' ? [] : ['appendonly is off']),
  ];
  return problems.length === 0 ? { status: 'ok' } : { status: 'down', cause: `Redis: ${problems.join(', ')}` };
}
