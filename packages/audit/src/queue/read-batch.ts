import type { Secret } from '@causeway/core';
import { extractTraceContext } from '@causeway/runtime';
import { type SpanContext, TraceFlags } from '@opentelemetry/api';
import { type AuditRecord, auditRecord } from '../record/record.ts';
import { batchId, isSignedBy, type SignedBatch, signedBatch } from './batch.ts';
import type { ProducerKey } from './producer-keys.ts';
import { unpackRecords } from './records-text.ts';

export interface PoisonEvent {
  readonly text: string;
  readonly reason: string;
}

export type ReadBatch =
  | {
      readonly ok: true;
      readonly batch: SignedBatch;
      /** The one that it was signed with, and that its receipt must be signed with. */
      readonly key: Secret;
      readonly records: readonly AuditRecord[];
      readonly poison: readonly PoisonEvent[];
    }
  | { readonly ok: false; readonly reason: string };

/** Reads what stands in the queue under `id`, signed by one of these keys. */
export function readBatch(keys: readonly ProducerKey[], id: string, value: unknown): ReadBatch {
  const parsed = signedBatch.safeParse(value);
  if (!parsed.success) return { ok: false, reason: 'not a batch' };
  const batch = parsed.data;
  const signer = keys.find(({ key }) => isSignedBy(key, batch));
  if (signer === undefined) return { ok: false, reason: 'not signed by a producer' };
  // A whole, signed batch under another's id would get the receipt of that one.
  if (batchId(batch) !== id) return { ok: false, reason: 'not the batch of this id' };
  const texts = unpackRecords(batch.records);
  if (texts === undefined) return { ok: false, reason: 'its records cannot be unpacked' };
  const records: AuditRecord[] = [];
  const poison: PoisonEvent[] = [];
  for (const text of texts) {
    const record = readRecord(text, batch, signer);
    if (typeof record === 'string') poison.push({ text, reason: record });
    else records.push(record);
  }
  return { ok: true, batch, key: signer.key, records, poison };
}

function readRecord(
  text: string,
  { producer, first, last }: SignedBatch,
  { service }: ProducerKey,
): AuditRecord | string {
  try {
    const parsed = auditRecord.safeParse(JSON.parse(text));
    if (!parsed.success) return `not a record: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`;
    const { producer_seq: seq } = parsed.data;
    if (parsed.data.producer !== producer || seq < first || seq > last) return 'not of this batch';
    if (service !== undefined && parsed.data.service !== service)
      return `not of the service whose key signed it: ${service}`;
    return parsed.data;
  } catch {
    return 'not JSON';
  }
}

/** The spans that a batch's events belong to. They are sampled, for the producer sends no others, and it has signed for that. */
export function tracesOf({ traces }: Pick<SignedBatch, 'traces'>): SpanContext[] {
  return traces
    .flatMap((traceparent) => extractTraceContext(traceparent) ?? [])
    .map(({ traceId, spanId }) => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true }));
}
