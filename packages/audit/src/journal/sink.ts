import { AppError, toAppError } from '@causeway/core';
import { currentTraceCarrier } from '@causeway/runtime';
import type { AuditEvent } from '../record/event.ts';
import { createEventIds } from '../record/event-id.ts';
import { toRecord } from '../record/record.ts';
import type { Journal } from './journal.ts';
import { journalLine } from './journal-line.ts';
import { RECORDED, type Recorded } from './recorded.ts';
import { isStrangers } from './strangers.ts';

/** Where every attempt is written down. */
export interface AuditSink {
  /** Resolves when the event is in the journal. Rejects with `audit_unavailable`: then the answer must not be given. */
  record(event: AuditEvent): Promise<Recorded>;
}

export interface JournalSinkOptions {
  readonly journal: Pick<Journal, 'append' | 'nextSeq' | 'bytesMax' | 'strangersBytes'>;
  readonly producer: string;
  readonly service: string;
  readonly now?: () => number;
}

interface Turn {
  text: string;
  events: number;
  strangersBytes: number;
  readonly written: PromiseWithResolvers<Recorded>;
}

/** People on the outside who proved nothing share this part of the journal. */
const STRANGERS_SHARE = 0.1;

/** Writes the events of one turn of the event loop with one `writeSync`, at its end, before their answers go out. */
export class JournalSink implements AuditSink {
  readonly #options: JournalSinkOptions;
  readonly #now: () => number;
  readonly #nextId: () => string;
  #turn: Turn | undefined;

  constructor(options: JournalSinkOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#nextId = createEventIds(this.#now);
  }

  /** Whether there is room for events of callers who proved nothing: they can fill their share, and no more. */
  get hasRoomForStrangers(): boolean {
    const { bytesMax, strangersBytes } = this.#options.journal;
    return strangersBytes + (this.#turn?.strangersBytes ?? 0) < bytesMax * STRANGERS_SHARE;
  }

  record(event: AuditEvent): Promise<Recorded> {
    if (isStrangers(event) && !this.hasRoomForStrangers) {
      return Promise.reject(new AppError('audit_unavailable', 'journal: the share of unproven callers is full'));
    }
    const turn = (this.#turn ??= this.#begin());
    try {
      const line = this.#lineOf(event, this.#options.journal.nextSeq + turn.events);
      turn.text += line;
      turn.events += 1;
      if (isStrangers(event)) turn.strangersBytes += Buffer.byteLength(line);
      return turn.written.promise;
    } catch (error) {
      return Promise.reject(toAppError(error));
    }
  }

  #lineOf(event: AuditEvent, seq: number): string {
    const { traceparent } = currentTraceCarrier();
    const { producer, service } = this.#options;
    const traceId = traceparent?.slice(3, 35);
    const stamp = { eventId: this.#nextId(), at: this.#now(), traceId, service, producer, seq };
    // W3C Trace Context §3.2.3.5: a trace that is not sampled has no spans that the worker could continue.
    const trace = traceparent?.endsWith('1') === true ? traceparent : undefined;
    return journalLine(JSON.stringify(toRecord(event, stamp)), trace);
  }

  #begin(): Turn {
    setImmediate(() => this.#end());
    return { text: '', events: 0, strangersBytes: 0, written: Promise.withResolvers() };
  }

  #end(): void {
    const turn = this.#turn;
    this.#turn = undefined;
    // When its only event could not be made into a line, there is nothing to write.
    if (turn === undefined || turn.events === 0) return;
    try {
      this.#options.journal.append(turn);
      turn.written.resolve(RECORDED);
    } catch (error) {
      turn.written.reject(error);
    }
  }
}
