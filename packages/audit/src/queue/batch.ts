import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@causeway/core';
import { z } from 'zod';

/** How many traces of its events a batch carries at most. */
export const TRACES_MAX = 256;

/** What one job carries: a run of one producer's events, as they stand in its journal, under the producer's signature. */
export const signedBatch = z.strictObject({
  producer: z.uuid(),
  first: z.number().int().positive(),
  last: z.number().int().positive(),
  /** The records as JSON, one a line, packed. */
  records: z.string(),
  /** The `traceparent` of events that are being traced, each once. */
  traces: z.array(z.string()).max(TRACES_MAX),
  mac: z.base64url(),
});

export type SignedBatch = z.output<typeof signedBatch>;
export type UnsignedBatch = Omit<SignedBatch, 'mac'>;

/** The worker's word that a batch is stored. The journal trims on nothing less: whoever owns the queue cannot forge it. */
const receipt = z.strictObject({ stored: z.string(), mac: z.base64url() });

export type Receipt = z.output<typeof receipt>;

/** What a receipt speaks of: the batch's id, and the signature that pins its content. */
export interface BatchProof {
  readonly id: string;
  readonly mac: string;
}

// Each part goes in behind its length, so that no two lists of parts have the same bytes.
function macOf(key: Secret, ...parts: readonly string[]): string {
  const mac = createHmac('sha256', key.reveal());
  for (const part of parts) mac.update(`${Buffer.byteLength(part)}:`).update(part);
  return mac.digest('base64url');
}

const equal = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const batchMac = (key: Secret, { producer, first, last, traces, records }: UnsignedBatch) =>
  macOf(key, 'batch', producer, String(first), String(last), JSON.stringify(traces), records);

export const signBatch = (key: Secret, batch: UnsignedBatch): SignedBatch => ({ ...batch, mac: batchMac(key, batch) });

export const isSignedBy = (key: Secret, batch: SignedBatch): boolean => equal(batch.mac, batchMac(key, batch));

/** The same batch has the same job id, whoever ships it and however often. BullMQ takes neither colons nor plain integers. */
export const batchId = (batch: Pick<SignedBatch, 'producer' | 'first' | 'last'>): string =>
  `${batch.producer}.${batch.first}.${batch.last}`;

export const proofOf = (batch: SignedBatch): BatchProof => ({ id: batchId(batch), mac: batch.mac });

/** Given only after the batch is stored and its head is anchored, with the key that the batch was signed with. */
export const signReceipt = (key: Secret, { id, mac }: BatchProof): Receipt => ({
  stored: id,
  mac: macOf(key, 'stored', id, mac),
});

export function isReceiptFor(key: Secret, { id, mac }: BatchProof, value: unknown): boolean {
  const given = receipt.safeParse(value);
  return given.success && given.data.stored === id && equal(given.data.mac, macOf(key, 'stored', id, mac));
}
