/** What a message's status means for whoever waits for it. */
export type GenieStage = 'running' | 'completed' | 'failed' | 'cancelled' | 'expired';

const ENDS: Readonly<Record<string, GenieStage>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  QUERY_RESULT_EXPIRED: 'expired',
};

/**
 * SUBMITTED, FETCHING_METADATA, FILTERING_CONTEXT, ASKING_AI, PENDING_WAREHOUSE and EXECUTING_QUERY are on the way, and so is whatever a
 * newer workspace calls it: the deadline ends what never ends.
 */
export function stageOf(status: string | null | undefined): GenieStage {
  return status != null && Object.hasOwn(ENDS, status) ? (ENDS[status] ?? 'running') : 'running';
}
