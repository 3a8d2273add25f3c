import { setTimeout as delay } from 'node:timers/promises';
import type { Secret } from '@causeway/core';
import { orAborted } from '@causeway/runtime';
import type { Batch } from '../journal/journal-folder.ts';
import type { Journal } from '../journal/journal.ts';
import { type BatchProof, isReceiptFor, proofOf, type SignedBatch } from './batch.ts';
import type { BatchQueue } from './batch-queue.ts';
import { packBatch } from './pack-batch.ts';

export interface ShipperOptions {
  readonly journal: Pick<Journal, 'batches' | 'cut' | 'openEvents' | 'trim'>;
  readonly producer: string;
  readonly queue: BatchQueue;
  readonly key: Secret;
  readonly report: (error: unknown) => void;
  /** How long an event waits for company before it travels. */
  readonly everyMs?: number;
  /** How many batches may be under way. */
  readonly inFlightMax?: number;
  /** After how long without an answer the queue is asked what became of a batch. */
  readonly askAfterMs?: number;
  /** How long it is believed that a batch is under way: something else may stand under its id, and never be due. */
  readonly replaceAfterMs?: number;
  readonly now?: () => number;
}

interface Flight {
  readonly batch: Batch;
  readonly proof: BatchProof;
  askAt: number;
  replaceAt: number;
}

const BACKOFF_MAX_MS = 10_000;

/** Carries batches from the journal to the queue, and trims the journal when the worker says that they are stored. */
export class Shipper {
  readonly #options: Required<ShipperOptions>;
  readonly #flights = new Map<string, Flight>();
  /** What is under way, by where it stands in the journal. */
  readonly #sent = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #failures = 0;
  #isStopped = false;

  constructor(options: ShipperOptions) {
    this.#options = {
      // On Postgres a batch costs the queue 7 ms of CPU, however few events it holds.
      everyMs: 250,
      inFlightMax: 32,
      askAfterMs: 2000,
      replaceAfterMs: 60_000,
      // Not the time of day: a clock that is set back would put every look at what is under way off by as much.
      now: () => performance.now(),
      ...options,
    };
  }

  start(): void {
    this.#options.queue.onDone((id, answer) => this.#landed(id, answer));
    this.#schedule(0);
  }

  /** How many rounds failed in a row. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Ships and waits for receipts until nothing is left or the signal comes; without `despiteFailures` also until the queue cannot
   * be reached. What is left stays in the journal.
   */
  async drain(signal: AbortSignal, { despiteFailures = false } = {}): Promise<void> {
    while (!signal.aborted) {
      await orAborted(this.#tick(), signal).catch(() => undefined);
      if (this.#isEmpty || (this.#failures > 0 && !despiteFailures)) return;
      await delay(this.#pauseMs(), undefined, { signal }).catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  get #isEmpty(): boolean {
    const { journal } = this.#options;
    return journal.openEvents === 0 && journal.batches().length === 0;
  }

  #schedule(afterMs: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#tick().then(() => this.#schedule(this.#pauseMs())), afterMs);
  }

  // Full jitter, so that producers that lost the same queue do not come back in step.
  #pauseMs(): number {
    if (this.#failures === 0) return this.#options.everyMs;
    return Math.random() * Math.min(BACKOFF_MAX_MS, 100 * 2 ** Math.min(this.#failures, 10));
  }

  #tick(): Promise<void> {
    this.#round ??= this.#runRound().finally(() => (this.#round = undefined));
    return this.#round;
  }

  async #runRound(): Promise<void> {
    try {
      await this.#send();
      await this.#askForOverdue();
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      this.#options.report(error);
    }
  }

  async #send(): Promise<void> {
    const { journal, inFlightMax } = this.#options;
    if (this.#flights.size < inFlightMax) journal.cut();
    const free = Math.max(0, inFlightMax - this.#flights.size);
    const waiting = journal.batches().filter(({ first }) => !this.#sent.has(first));
    // One after the other: to pack them all at once would hold up the calls, and be for nothing when the queue is down.
    for (const batch of waiting.slice(0, free)) {
      if (this.#isStopped) return;
      await this.#sendOne(batch);
    }
  }

  async #sendOne(batch: Batch): Promise<void> {
    const packed = await this.#pack(batch);
    if (packed === undefined) return;
    const proof = proofOf(packed);
    // Known before it is sent: the worker's word may be here before the queue's.
    const { now, askAfterMs, replaceAfterMs } = this.#options;
    this.#flights.set(proof.id, { batch, proof, askAt: now() + askAfterMs, replaceAt: now() + replaceAfterMs });
    this.#sent.add(batch.first);
    try {
      await this.#options.queue.add(packed);
    } catch (error) {
      this.#forget(proof.id, batch);
      throw error;
    }
  }

  async #pack(batch: Batch): Promise<SignedBatch | undefined> {
    const { producer, key, journal, report } = this.#options;
    const { packed, missing } = await packBatch(batch, { producer, key });
    if (missing > 0) report(new Error(`journal: ${missing} of ${batch.last - batch.first + 1} lines cannot be read`));
    if (packed === undefined) journal.trim(batch);
    return packed;
  }

  // The queue may have lost everything, or the word of a stored batch may have been lost.
  async #askForOverdue(): Promise<void> {
    const now = this.#options.now();
    const overdue = [...this.#flights.values()].filter(({ askAt }) => askAt <= now);
    await Promise.all(overdue.map((flight) => this.#ask(flight)));
  }

  async #ask(flight: Flight): Promise<void> {
    const { queue, now, askAfterMs, replaceAfterMs } = this.#options;
    const { id } = flight.proof;
    flight.askAt = now() + askAfterMs;
    const state = await queue.stateOf(id);
    // Its receipt may have come by itself meanwhile.
    if (!this.#flights.has(id) || (state.at === 'under_way' && now() < flight.replaceAt)) return;
    if (state.at === 'done' && this.#landed(id, state.answer)) return;
    flight.replaceAt = now() + replaceAfterMs;
    // Gone, failed, never due, or done by somebody who is not the worker: it goes again, in place of whatever has its id.
    const packed = await this.#pack(flight.batch);
    if (packed !== undefined) await (state.at === 'missing' ? queue.add(packed) : queue.replace(packed));
  }

  #landed(id: string, answer: unknown): boolean {
    const flight = this.#flights.get(id);
    if (flight === undefined) return true;
    if (!isReceiptFor(this.#options.key, flight.proof, answer)) return false;
    try {
      this.#options.journal.trim(flight.batch);
      this.#forget(id, flight.batch);
    } catch (error) {
      this.#options.report(error);
    }
    return true;
  }

  #forget(id: string, { first }: Batch): void {
    this.#flights.delete(id);
    this.#sent.delete(first);
  }
}
