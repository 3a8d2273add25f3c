import type { AuditEvent } from '../record/event.ts';

/** An event for programs that no test framework runs. */
export const recordedEvent = (requestId: string): AuditEvent => ({
  kind: 'tool_call',
  requestId,
  caller: undefined,
  outcome: { status: 'success' },
  tool: 'get_region_summary',
});
