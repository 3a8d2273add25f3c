import { randomUUID } from 'node:crypto';
import { type AuditRecord, createEventIds, toRecord } from '@causeway/audit';
import { WANDA } from '@causeway/audit/testing';

/** How many events a batch has: what a busy process collects in the 25 ms between two batches. */
export const BATCH = 500;

/** Batches of one producer, one after the other. */
export function createBatches() {
  const producer = randomUUID();
  const nextId = createEventIds();
  let seq = 0;
  const record = (): AuditRecord =>
    toRecord(
      {
        kind: 'tool_call',
        requestId: randomUUID(),
        caller: WANDA,
        outcome: { status: 'success' },
        tool: 'query_sales_data',
        arguments: { region: 'WEST', limit: 10 },
        statement: 'SELECT region, amount FROM sales.deals WHERE region = $1 ORDER BY amount DESC LIMIT $2',
        rowsReturned: 10,
        maskedColumns: ['margin_pct'],
        latencyMs: 1.25,
      },
      { eventId: nextId(), at: Date.now(), service: 'mcp', producer, seq: ++seq, traceId: undefined },
    );
  return { producer, next: () => Array.from({ length: BATCH }, record) };
}
