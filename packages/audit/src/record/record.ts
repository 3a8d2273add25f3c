import type { Caller, Human } from '@causeway/core';
import { z } from 'zod';
import { AUDIT_KINDS, type AuditEvent } from './event.ts';

const REQUEST_ID_MAX = 200;
const text = z.string().max(20_000).nullable();
const count = z.number().int().nonnegative().nullable();

/** One event as it is written down and stored: the producer's columns of `audit.tool_calls`, in the table's order. */
export const auditRecord = z.strictObject({
  event_id: z.uuid({ version: 'v7' }),
  occurred_at: z.iso.datetime({ precision: 3 }),
  kind: z.enum(AUDIT_KINDS),
  request_id: z.string().max(REQUEST_ID_MAX),
  trace_id: text,
  service: z.string().max(63),
  pattern: z.enum(['federation', 'obo', 'm2m']).nullable(),
  idp: text,
  human_subject: text,
  human_email: text,
  principal_id: text,
  role: text,
  agent: text,
  client_id: text,
  tool: text,
  arguments: z.record(z.string(), z.json()).nullable(),
  statement: text,
  status: z.enum(['success', 'error', 'access_denied', 'rate_limited']),
  error_code: text,
  reason: text,
  rows_returned: count,
  masked_columns: z.array(z.string()).nullable(),
  latency_ms: z.number().nonnegative().nullable(),
  policy_digest: text,
  producer: z.uuid(),
  producer_seq: z.number().int().positive(),
});

export type AuditRecord = z.output<typeof auditRecord>;

/** What the journal knows of an event, and the event does not. */
export interface Stamp {
  readonly eventId: string;
  readonly traceId: string | undefined;
  readonly at: number;
  readonly service: string;
  readonly producer: string;
  readonly seq: number;
}

const TEXT_MAX = 4_000;
const ARGUMENTS_MAX = 8_000;
const DEPTH_MAX = 16;

const UNCLEAN = /[\0\uD800-\uDFFF]/;

// Postgres takes neither a NUL in text nor half of a surrogate pair, and one such character must not poison a batch.
function cleanText(value: string): string {
  const cut = value.length > TEXT_MAX ? value.slice(0, TEXT_MAX) : value;
  return UNCLEAN.test(cut) ? cut.toWellFormed().replaceAll('\0', '\uFFFD') : cut;
}

// zod leaves this key out when it reads a record back, and then the record has another hash.
const cleanKey = (key: string): string => (key === '__proto__' ? '[__proto__]' : cleanText(key));

const textOrNull = (value: string | undefined): string | null => (value === undefined ? null : cleanText(value));

function cleanJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth === DEPTH_MAX) throw new RangeError('nested too deeply');
  if (Array.isArray(value)) return value.map((part) => cleanJson(part, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [cleanKey(key), cleanJson(part, depth + 1)]));
}

// Odd arguments must not cost the record of the attempt.
function argumentsOf(value: AuditEvent['arguments']): AuditRecord['arguments'] {
  if (value === undefined) return null;
  try {
    const json = JSON.stringify(cleanJson(value));
    if (json.length > ARGUMENTS_MAX) return { truncated: true, length: json.length };
    return JSON.parse(json) as AuditRecord['arguments'];
  } catch {
    return { unrecordable: true };
  }
}

const humanOf = (human: Human | undefined) => ({
  idp: textOrNull(human?.idp),
  human_subject: textOrNull(human?.subject),
  human_email: textOrNull(human?.email),
});

const whoOf = (caller: Caller | undefined) => ({
  pattern: caller?.pattern ?? null,
  ...humanOf(caller?.human),
  principal_id: textOrNull(caller?.principal.id),
  role: textOrNull(caller?.principal.role),
  agent: textOrNull(caller?.agent?.id),
});

/** The event as a record, its columns always in the same order. */
export function toRecord(event: AuditEvent, stamp: Stamp): AuditRecord {
  const failed = event.outcome.status === 'success' ? undefined : event.outcome;
  return {
    event_id: stamp.eventId,
    occurred_at: new Date(stamp.at).toISOString(),
    kind: event.kind,
    request_id: cleanText(event.requestId.slice(0, REQUEST_ID_MAX)),
    trace_id: stamp.traceId ?? null,
    service: stamp.service,
    ...whoOf(event.caller),
    client_id: textOrNull(event.clientId),
    tool: textOrNull(event.tool),
    arguments: argumentsOf(event.arguments),
    statement: textOrNull(event.statement),
    status: event.outcome.status,
    error_code: failed?.errorCode ?? null,
    reason: textOrNull(failed?.reason),
    rows_returned: event.rowsReturned ?? null,
    masked_columns: event.maskedColumns?.map(cleanText) ?? null,
    latency_ms: event.latencyMs === undefined ? null : Math.max(0, Math.round(event.latencyMs * 1000) / 1000),
    policy_digest: textOrNull(event.policyDigest),
    producer: stamp.producer,
    producer_seq: stamp.seq,
  };
}
