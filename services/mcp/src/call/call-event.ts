import type { AuditEvent, AuditOutcome } from '@causeway/audit';
import type { AppError } from '@causeway/core';
import { outcomeOf } from '@causeway/runtime';
import type { CallFacts } from './call-facts.ts';
import type { ToolCall } from './call-tool.ts';

/** A call as the audit trail tells it. */
export function callEvent(call: ToolCall, facts: CallFacts, error: AppError | undefined): AuditEvent {
  const { tool, caller, clientId, requestId } = call;
  const rows = tool.rows === undefined ? undefined : facts.content?.[tool.rows];
  return {
    kind: 'tool_call',
    requestId,
    caller,
    clientId,
    tool: tool.name,
    outcome: error === undefined ? { status: 'success' } : refusalOutcome(error),
    arguments: facts.arguments,
    statement: facts.statement,
    rowsReturned: Array.isArray(rows) ? rows.length : undefined,
    maskedColumns: facts.content?.['masked_columns'] as readonly string[] | undefined,
    latencyMs: performance.now() - facts.startedAt,
    policyDigest: facts.policyDigest,
  };
}

/** The reason is the error's internal text: precise, and never for the caller. */
export function refusalOutcome(error: AppError): Exclude<AuditOutcome, { readonly status: 'success' }> {
  const status = outcomeOf(error.code);
  return { status: status === 'success' ? 'error' : status, errorCode: error.code, reason: error.message };
}
