import type { Refusal } from '../journal/refusal-recorder.ts';
import type { AuditEvent } from '../record/event.ts';
import { WANDA } from './wanda.ts';

export const toolCall = (changes: Partial<AuditEvent> = {}): AuditEvent => ({
  kind: 'tool_call',
  requestId: 'r1',
  caller: WANDA,
  outcome: { status: 'success' },
  tool: 'query_sales_data',
  arguments: { region: 'WEST', limit: 10 },
  rowsReturned: 10,
  latencyMs: 12.5,
  ...changes,
});

export const refused = (reason: string, changes: Partial<Refusal> = {}): Refusal => ({
  kind: 'request_refused',
  requestId: 'r2',
  caller: undefined,
  outcome: { status: 'access_denied', errorCode: 'invalid_token', reason },
  ...changes,
});
