import { type Caller, callerKey } from '@causeway/core';
import { addressBlock } from '@causeway/runtime';
import type { AuditEvent, AuditOutcome } from '../record/event.ts';
import { RECORDED, type Recorded } from './recorded.ts';
import type { JournalSink } from './sink.ts';

export interface RefusalRecorderOptions {
  readonly sink: Pick<JournalSink, 'record' | 'hasRoomForStrangers'>;
  readonly report: (error: unknown) => void;
  /** How many refusals of one address and minute get a record each, where nobody proved who they are. */
  readonly perAddressMax?: number;
  /** The same of one caller who proved it. */
  readonly perCallerMax?: number;
  /** Of callers as well. */
  readonly addressesMax?: number;
  readonly now?: () => number;
}

interface Tally {
  /** How many got a record of their own in this minute. */
  recorded: number;
  /** How many did not. */
  counted: number;
  readonly reasons: Map<string, number>;
  /** The caller's last one: it says whose sum this is. Strangers have none. */
  last?: Refusal;
}

interface Count {
  tallies: Map<string, Tally>;
  since: number;
}

export type Refusal = AuditEvent & { readonly outcome: Exclude<AuditOutcome, { readonly status: 'success' }> };

const MINUTE_MS = 60_000;
const ADDRESSES_NAMED = 20;
const REASONS_MAX = 10;
const REASON_CHARS = 80;
const OTHER = 'other';

/**
 * Records refusals that reached no tool. The first ones of a minute are recorded each, before they are answered; the rest is
 * counted, and recorded as a sum when the minute is over. Of callers who proved nothing that goes by address, so a flood from
 * outside costs a few lines. Who proved themselves has an allowance of their own, and their sum has their name.
 */
export class RefusalRecorder {
  readonly #options: Required<RefusalRecorderOptions>;
  readonly #strangers: Count;
  readonly #callers: Count;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RefusalRecorderOptions) {
    this.#options = { perAddressMax: 20, perCallerMax: 600, addressesMax: 10_000, now: Date.now, ...options };
    const since = this.#options.now();
    this.#strangers = { tallies: new Map(), since };
    this.#callers = { tallies: new Map(), since };
  }

  start(): void {
    this.#timer = setInterval(() => void this.#endMinute().catch(this.#options.report), MINUTE_MS).unref();
  }

  /** Records the sums of the minute that has begun, and counts no further. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#recordSums(this.#callers), this.#recordSums(this.#strangers)]);
  }

  /** `address` is the client's, as far as trusted proxies tell it. */
  async record(address: string | undefined, refusal: Refusal): Promise<Recorded> {
    const { sink, perAddressMax, perCallerMax } = this.#options;
    const { caller } = refusal;
    if (caller === undefined) {
      const tally = this.#tallyOf(address);
      return this.#recordOrCount(tally, refusal, tally.recorded < perAddressMax && sink.hasRoomForStrangers);
    }
    const tally = this.#tallyOfCaller(caller);
    if (tally === undefined) return sink.record(refusal);
    tally.last = refusal;
    return this.#recordOrCount(tally, refusal, tally.recorded < perCallerMax);
  }

  async #recordOrCount(tally: Tally, refusal: Refusal, isRecorded: boolean): Promise<Recorded> {
    if (isRecorded) {
      tally.recorded += 1;
      return this.#options.sink.record(refusal);
    }
    const { errorCode, reason } = refusal.outcome;
    tally.counted += 1;
    count(tally.reasons, `${errorCode}: ${reason.slice(0, REASON_CHARS)}`, 1);
    return RECORDED;
  }

  // Whoever has no place in the table shares one tally, which never allows a record of one's own.
  #tallyOf(address: string | undefined): Tally {
    const { tallies } = this.#strangers;
    const key = address === undefined ? OTHER : addressBlock(address);
    const known = tallies.get(key);
    if (known !== undefined) return known;
    if (tallies.size < this.#options.addressesMax) return begin(tallies, key);
    return tallies.get(OTHER) ?? begin(tallies, OTHER, this.#options.perAddressMax);
  }

  /** Undefined for whoever has no place in the table: a shared sum would have no name. */
  #tallyOfCaller(caller: Caller): Tally | undefined {
    const { tallies } = this.#callers;
    const key = callerKey(caller);
    const known = tallies.get(key);
    return known === undefined && tallies.size < this.#options.addressesMax ? begin(tallies, key) : known;
  }

  async #endMinute(): Promise<void> {
    const ended = [this.#recordSums(this.#callers)];
    if (this.#options.sink.hasRoomForStrangers) ended.push(this.#recordSums(this.#strangers));
    // No room now: the counts go on, and only the allowance begins anew.
    else for (const tally of this.#strangers.tallies.values()) tally.recorded = 0;
    await Promise.all(ended);
  }

  async #recordSums(counted: Count): Promise<void> {
    const { tallies, since } = counted;
    counted.tallies = new Map();
    counted.since = this.#options.now();
    const summed = [...tallies].filter(([, tally]) => tally.counted > 0);
    const events = summarize(summed).map((sum) => summaryEvent({ ...sum, since: new Date(since).toISOString() }));
    try {
      await Promise.all(events.map((event) => this.#options.sink.record(event)));
    } catch (error) {
      counted.since = since;
      for (const [key, tally] of summed) addBack(counted.tallies, key, tally);
      throw error;
    }
  }
}

function begin(tallies: Map<string, Tally>, key: string, recorded = 0): Tally {
  const tally: Tally = { recorded, counted: 0, reasons: new Map() };
  tallies.set(key, tally);
  return tally;
}

function addBack(tallies: Map<string, Tally>, key: string, { counted, reasons, last }: Tally): void {
  const tally = tallies.get(key) ?? begin(tallies, key);
  tally.counted += counted;
  if (last !== undefined) tally.last ??= last;
  for (const [reason, times] of reasons) count(tally.reasons, reason, times);
}

interface Sum {
  /** What the sum is of: addresses, or one caller. */
  readonly of: { readonly address: string; readonly addresses: number } | Refusal;
  readonly count: number;
  readonly reasons: Readonly<Record<string, number>>;
}

function count(reasons: Map<string, number>, reason: string, times: number): void {
  const key = reasons.has(reason) || reasons.size < REASONS_MAX ? reason : OTHER;
  reasons.set(key, (reasons.get(key) ?? 0) + times);
}

/** One sum for each caller and for each of the busiest addresses, and one for all others. */
function summarize(tallies: readonly (readonly [string, Tally])[]): Sum[] {
  const ofCallers = tallies.flatMap(([, tally]) => (tally.last === undefined ? [] : [sumOf(tally.last, [tally])]));
  const busiest = tallies
    .filter(([, { last }]) => last === undefined)
    .toSorted(([, a], [, b]) => b.counted - a.counted);
  const named = busiest.slice(0, ADDRESSES_NAMED).map(([address, tally]) => sumOf({ address, addresses: 1 }, [tally]));
  const rest = busiest.slice(ADDRESSES_NAMED).map(([, tally]) => tally);
  const others = rest.length === 0 ? [] : [sumOf({ address: OTHER, addresses: rest.length }, rest)];
  return [...ofCallers, ...named, ...others];
}

function sumOf(of: Sum['of'], tallies: readonly Tally[]): Sum {
  const reasons = new Map<string, number>();
  for (const tally of tallies) for (const [reason, times] of tally.reasons) count(reasons, reason, times);
  const total = tallies.reduce((sum, { counted }) => sum + counted, 0);
  return { of, count: total, reasons: Object.fromEntries(reasons) };
}

function summaryEvent({ of, ...sum }: Sum & { readonly since: string }): AuditEvent {
  const summary = { kind: 'refused_summary', requestId: '' } as const;
  const reason = `${sum.count} refusals, summed up`;
  if (!('address' in of)) {
    const { caller, clientId, policyDigest, outcome } = of;
    return { ...summary, caller, clientId, policyDigest, outcome: { ...outcome, reason }, arguments: sum };
  }
  const outcome = { status: 'access_denied', errorCode: 'invalid_token', reason } as const;
  return { ...summary, caller: undefined, outcome, arguments: { ...of, ...sum } };
}
