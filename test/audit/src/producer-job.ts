/** What a load producer is told, as JSON in its first argument. */
export interface ProducerJob {
  /** Begins the request id of each of its events. */
  readonly name: string;
  readonly journalDir: string;
  readonly producerKey: string;
  readonly redisUrl?: string | undefined;
  readonly stateDatabaseUrl?: string | undefined;
  /** Where no small disk is mounted, the size at which it finds the disk of the journals full. */
  readonly diskBytes?: number | undefined;
  readonly perTick: number;
  readonly tickMs: number;
  readonly drainMs: number;
  /** Until it is ended, when left out. */
  readonly events?: number;
}
