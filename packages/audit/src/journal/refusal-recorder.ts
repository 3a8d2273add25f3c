import { addressBlock } from '@causeway/runtime';
import type { AuditEvent, AuditOutcome } from '../record/event.ts';
import { RECORDED, type Recorded } from './recorded.ts';
import type { JournalSink } from './sink.ts';

export interface RefusalRecorderOptions {
  readonly sink: Pick<JournalSink, 'record' | 'hasRoomForStrangers'>;
  readonly report: (error: unknown) => void;
  /** How many refusals of one address and minute get a record each. */
  readonly perAddressMax?: number;
  readonly addressesMax?: number;
  readonly now?: () => number;
}

interface Tally {
  /** How many got a record of their own in this minute. */
  recorded: number;
  /** How many did not. */
  counted: number;
  readonly reasons: Map<string, number>;
}

export type Refusal = AuditEvent & { readonly outcome: Exclude<AuditOutcome, { readonly status: 'success' }> };

const MINUTE_MS = 60_000;
const ADDRESSES_NAMED = 20;
const REASONS_MAX = 10;
const REASON_CHARS = 80;
const OTHER = 'other';

/**
 * Records refusals of callers who proved nothing. The first ones of an address and minute are recorded each, before they are
 * answered; the rest is counted, and recorded as a sum when the minute is over. So a flood from outside costs a few lines.
 */
export class RefusalRecorder {
  readonly #options: Required<RefusalRecorderOptions>;
  #tallies = new Map<string, Tally>();
  #since: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RefusalRecorderOptions) {
    this.#options = { perAddressMax: 20, addressesMax: 10_000, now: Date.now, ...options };
    this.#since = this.#options.now();
  }

  start(): void {
    this.#timer = setInterval(() => void this.#endMinute().catch(this.#options.report), MINUTE_MS).unref();
  }

  /** Records the sums of the minute that has begun, and counts no further. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#recordSums();
  }

  /** `address` is the client's, as far as trusted proxies tell it. */
  async record(address: string | undefined, refusal: Refusal): Promise<Recorded> {
    const { sink, perAddressMax } = this.#options;
    const tally = this.#tallyOf(address);
    if (tally.recorded >= perAddressMax || !sink.hasRoomForStrangers) {
      tally.counted += 1;
      count(tally.reasons, `${refusal.outcome.errorCode}: ${refusal.outcome.reason.slice(0, REASON_CHARS)}`, 1);
      return RECORDED;
    }
    tally.recorded += 1;
    return sink.record(refusal);
  }

  // Whoever has no place in the table shares one tally, which never allows a record of one's own.
  #tallyOf(address: string | undefined): Tally {
    const key = address === undefined ? OTHER : addressBlock(address);
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    if (this.#tallies.size < this.#options.addressesMax) return this.#begin(key, 0);
    return this.#tallies.get(OTHER) ?? this.#begin(OTHER, this.#options.perAddressMax);
  }

  #begin(key: string, recorded: number): Tally {
    const tally: Tally = { recorded, counted: 0, reasons: new Map() };
    this.#tallies.set(key, tally);
    return tally;
  }

  async #endMinute(): Promise<void> {
    if (this.#options.sink.hasRoomForStrangers) return this.#recordSums();
    // No room now: the counts go on, and only the allowance begins anew.
    for (const tally of this.#tallies.values()) tally.recorded = 0;
  }

  async #recordSums(): Promise<void> {
    const tallies = this.#tallies;
    const since = this.#since;
    this.#tallies = new Map();
    this.#since = this.#options.now();
    const summed = [...tallies].filter(([, { counted }]) => counted > 0);
    const events = summarize(summed).map((sum) => summaryEvent({ ...sum, since: new Date(since).toISOString() }));
    try {
      await Promise.all(events.map((event) => this.#options.sink.record(event)));
    } catch (error) {
      this.#since = since;
      for (const [key, tally] of summed) this.#addBack(key, tally);
      throw error;
    }
  }

  #addBack(key: string, { counted, reasons }: Tally): void {
    const tally = this.#tallies.get(key) ?? this.#begin(key, 0);
    tally.counted += counted;
    for (const [reason, times] of reasons) count(tally.reasons, reason, times);
  }
}

interface Sum {
  readonly address: string;
  readonly addresses: number;
  readonly count: number;
  readonly reasons: Readonly<Record<string, number>>;
}

function count(reasons: Map<string, number>, reason: string, times: number): void {
  const key = reasons.has(reason) || reasons.size < REASONS_MAX ? reason : OTHER;
  reasons.set(key, (reasons.get(key) ?? 0) + times);
}

/** One sum for each of the busiest addresses, and one for all others. */
function summarize(tallies: readonly (readonly [string, Tally])[]): Sum[] {
  const busiest = tallies.toSorted(([, a], [, b]) => b.counted - a.counted);
  const named = busiest.slice(0, ADDRESSES_NAMED).map(([address, tally]) => sumOf(address, [tally]));
  const rest = busiest.slice(ADDRESSES_NAMED).map(([, tally]) => tally);
  return rest.length === 0 ? named : [...named, sumOf(OTHER, rest)];
}

function sumOf(address: string, tallies: readonly Tally[]): Sum {
  const reasons = new Map<string, number>();
  for (const tally of tallies) for (const [reason, times] of tally.reasons) count(reasons, reason, times);
  const total = tallies.reduce((sum, { counted }) => sum + counted, 0);
  return { address, addresses: tallies.length, count: total, reasons: Object.fromEntries(reasons) };
}

const summaryEvent = (sum: Sum & { readonly since: string }): AuditEvent => ({
  kind: 'refused_summary',
  requestId: '',
  caller: undefined,
  outcome: { status: 'access_denied', errorCode: 'invalid_token', reason: `${sum.count} refusals, summed up` },
  arguments: { ...sum },
});
