import { BullBatchQueue, isReceiptFor, packRecords, proofOf, type QueueLocation, signBatch } from '@causeway/audit';
import { Secret } from '@causeway/core';
import type { StartDriver } from '../src/bench-case.ts';
import { BATCH, createBatches } from './audit-records.ts';

/** From the producer's hand to the worker's receipt: queued, checked, stored, anchored. */
export async function startQueueDriver(producerKey: string, location: QueueLocation): ReturnType<StartDriver> {
  const key = new Secret(producerKey);
  const batches = createBatches();
  const queue = new BullBatchQueue(location, () => undefined);
  const waiting = new Map<string, (answer: unknown) => void>();
  queue.onDone((id, answer) => waiting.get(id)?.(answer));
  let first = 1;
  return {
    call: async () => {
      const lines = batches
        .next()
        .map((record) => JSON.stringify(record))
        .join('\n');
      const records = packRecords(Buffer.from(lines));
      const batch = signBatch(key, { producer: batches.producer, first, last: first + BATCH - 1, records, traces: [] });
      first += BATCH;
      const proof = proofOf(batch);
      const { promise, resolve } = Promise.withResolvers<unknown>();
      waiting.set(proof.id, resolve);
      await queue.add(batch);
      const answer = await Promise.race([promise, ask(queue, proof.id)]);
      waiting.delete(proof.id);
      return isReceiptFor(key, proof, answer);
    },
  };
}

/** The word of a batch that was done before anybody listened has been missed. */
async function ask(queue: BullBatchQueue, id: string): Promise<unknown> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const state = await queue.stateOf(id);
    if (state.at === 'done') return state.answer;
  }
}
