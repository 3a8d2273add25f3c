import { Secret } from '@causeway/core';
import type { StartDriver } from '../src/bench-case.ts';
import { startQueueDriver } from './audit-through-queue.ts';

export const startDriver: StartDriver = ({ producerKey = '', stateUrl = '' }) =>
  startQueueDriver(producerKey, { stateDatabaseUrl: new Secret(stateUrl) });
