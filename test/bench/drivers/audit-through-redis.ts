import { Secret } from '@causeway/core';
import type { StartDriver } from '../src/bench-case.ts';
import { startQueueDriver } from './audit-through-queue.ts';

export const startDriver: StartDriver = ({ producerKey = '', redisUrl = '' }) =>
  startQueueDriver(producerKey, { redisUrl: new Secret(redisUrl) });
