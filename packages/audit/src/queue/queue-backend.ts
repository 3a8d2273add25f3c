import type { Secret } from '@causeway/core';
import type { CheckResult } from '@causeway/runtime';
import type { BackendFactory, IQueueBackend } from 'bullmq';

/** What BullMQ runs on. Nothing is connected until `prepare`; what BullMQ opened on it is closed before `close`. */
export interface QueueBackend {
  /** For `withBackend`. It brings its connection; the one in the options only has to be there. */
  readonly factory: BackendFactory<IQueueBackend, object>;
  /** Resolves when the server is there and can hold the queue. */
  prepare(): Promise<void>;
  ping(): Promise<void>;
  /** Whether the server is set up so that it keeps what it is given. */
  checkSetup(): Promise<CheckResult>;
  close(): Promise<void>;
}

/** Where the queue lives: Redis in production, the state database where there is no Redis. Never the warehouse. */
export interface QueueLocation {
  readonly redisUrl?: Secret | undefined;
  readonly stateDatabaseUrl?: Secret | undefined;
}

export const QUEUE_NAME = 'causeway-audit';
