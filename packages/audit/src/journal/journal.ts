import * as nodeFs from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@causeway/core';
import { type Batch, batchName, type JournalFolder, openName, storedName } from './journal-folder.ts';
import { type JournalDisk, PROBE_BYTES, Segment } from './segment.ts';
import { strangersBytesIn } from './strangers.ts';

export interface JournalOptions {
  readonly folder: JournalFolder;
  /** The most that the journal may hold on disk. */
  readonly bytesMax: number;
  /** How long a line waits for `fdatasync`, at most. */
  readonly syncMs?: number;
  /** From these sizes on a segment is closed, so that a batch can travel and a worker can hold several. */
  readonly batchBytesMax?: number;
  readonly batchEventsMax?: number;
  readonly disk?: JournalDisk;
  readonly now?: () => number;
}

/** The events of one turn of the event loop. */
export interface Lines {
  readonly text: string;
  readonly events: number;
  /** How much of the text is about callers who proved nothing. */
  readonly strangersBytes: number;
}

interface Kept {
  readonly batch: Batch;
  /** When its first event was accepted; of an earlier run, when its last one was. */
  readonly since: number;
  readonly bytes: number;
  readonly strangersBytes: number;
}

const unavailable = (why: string, cause?: unknown) => new AppError('audit_unavailable', `journal: ${why}`, { cause });

/** A producer's events on disk, from the moment they are accepted until the warehouse has them. */
export class Journal {
  readonly #options: Required<JournalOptions>;
  readonly #disk: JournalDisk;
  readonly #dir: string;
  readonly #dirFd: number;
  readonly #kept = new Map<number, Kept>();
  /** Closed segments that the disk may not have yet. */
  readonly #unsynced = new Map<number, Segment>();
  readonly #leaving = new Set<string>();
  #open: Segment | undefined;
  #openStrangersBytes = 0;
  #openSince = 0;
  #keptBytes = 0;
  #keptStrangersBytes = 0;
  #next: number;
  #failure: unknown;
  #timer: NodeJS.Timeout | undefined;
  #lastStored: string | undefined;
  #isOver = false;

  constructor(options: JournalOptions) {
    this.#options = {
      syncMs: 20,
      batchBytesMax: 1024 * 1024,
      batchEventsMax: 2000,
      disk: nodeFs,
      now: Date.now,
      ...options,
    };
    const { folder, disk } = this.#options;
    this.#disk = disk;
    this.#dir = folder.dir;
    this.#dirFd = disk.openSync(folder.dir, 'r');
    this.#next = folder.nextSeq;
    this.#lastStored = folder.lastStored;
    for (const batch of folder.batches) {
      const { size, mtimeMs } = nodeFs.statSync(batch.file);
      const strangersBytes = strangersBytesIn(nodeFs.readFileSync(batch.file));
      this.#keep({ batch, bytes: size, strangersBytes, since: mtimeMs });
    }
  }

  /** The number that the next accepted event gets. */
  get nextSeq(): number {
    return this.#next;
  }

  get openEvents(): number {
    return this.#open?.events ?? 0;
  }

  get bytes(): number {
    return this.#keptBytes + (this.#open?.bytes ?? 0);
  }

  get bytesMax(): number {
    return this.#options.bytesMax;
  }

  get strangersBytes(): number {
    return this.#keptStrangersBytes + this.#openStrangersBytes;
  }

  /** How long the oldest event has been waiting for the warehouse. */
  get oldestMs(): number {
    const [kept] = this.#kept.values();
    const since = kept?.since ?? (this.openEvents > 0 ? this.#openSince : undefined);
    return since === undefined ? 0 : Math.max(0, this.#options.now() - since);
  }

  /** Why nothing was accepted the last time. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Batches that the warehouse has not confirmed, oldest first. */
  batches(): Batch[] {
    return Array.from(this.#kept.values(), ({ batch }) => batch);
  }

  /** Accepts lines, all or none. When it returns they survive the process; `fdatasync` follows within `syncMs`. */
  append({ text, events, strangersBytes }: Lines): void {
    const bytes = Buffer.from(text);
    const segment = this.#attempt(() => {
      this.#checkRoom(bytes.length);
      const open = (this.#open ??= this.#create());
      if (open.events === 0) this.#openSince = this.#options.now();
      open.write(bytes, events);
      return open;
    });
    this.#openStrangersBytes += strangersBytes;
    this.#next += events;
    this.#timer ??= setTimeout(() => this.#sync(), this.#options.syncMs).unref();
    const { batchBytesMax, batchEventsMax } = this.#options;
    if (segment.bytes >= batchBytesMax || segment.events >= batchEventsMax) this.#cut(segment);
  }

  /** Finds out whether a journal that failed works again, without waiting for the next event. */
  probe(): void {
    if (this.#failure === undefined) return;
    this.#attempt(() => {
      this.#checkRoom(PROBE_BYTES);
      (this.#open ??= this.#create()).probe();
    });
  }

  /** Closes the open segment, so that it can travel. */
  cut(): void {
    if (this.#open !== undefined && this.#open.events > 0 && !this.#open.isSuspect) this.#cut(this.#open);
  }

  /** Forgets a batch that the warehouse has. */
  trim({ first }: Batch): void {
    const kept = this.#kept.get(first);
    if (kept === undefined) return;
    if (kept.batch.last === this.#next - 1) this.#keepNumber(kept.batch);
    else this.#remove(kept.batch.file);
    this.#unsynced.get(first)?.close();
    this.#unsynced.delete(first);
    this.#kept.delete(first);
    this.#keptBytes -= kept.bytes;
    this.#keptStrangersBytes -= kept.strangersBytes;
  }

  /** Puts everything on the disk and lets the folder go. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    try {
      this.#repair();
      this.#open?.closeSynced();
      for (const segment of this.#unsynced.values()) segment.closeSynced();
      for (const file of this.#leaving) nodeFs.rmSync(file, { force: true });
    } finally {
      this.#disk.closeSync(this.#dirFd);
      this.#options.folder.lock.release();
    }
  }

  #attempt<T>(work: () => T): T {
    try {
      if (this.#isOver) throw unavailable('closed');
      this.#repair();
      const result = work();
      this.#failure = undefined;
      return result;
    } catch (error) {
      this.#failure = error;
      throw error instanceof AppError ? error : unavailable('cannot be written', error);
    }
  }

  #checkRoom(bytes: number): void {
    if (this.bytes + bytes > this.bytesMax) throw unavailable(`full at ${this.bytes} bytes`);
  }

  #create(): Segment {
    const first = this.#next;
    this.#openStrangersBytes = 0;
    const segment = new Segment(this.#disk, { first, file: join(this.#dir, openName(first)) }, (error) =>
      this.#synced(segment, error),
    );
    // A file is on the disk for good only when its name is.
    this.#disk.fsync(this.#dirFd, (error) => this.#failed(error));
    return segment;
  }

  #repair(): void {
    const segments = [...this.#unsynced.values(), ...(this.#open === undefined ? [] : [this.#open])];
    for (const segment of segments) {
      if (!segment.isSuspect) continue;
      segment.replace();
      this.#synced(segment, undefined);
    }
  }

  #cut(segment: Segment): void {
    const batch = { first: segment.first, last: this.#next - 1 };
    const file = join(this.#dir, batchName(batch.first, batch.last));
    try {
      segment.rename(file);
    } catch (error) {
      // Its events are safe where they are. The next event finds out whether the journal still works.
      this.#failure = error;
      return;
    }
    this.#open = undefined;
    const strangersBytes = this.#openStrangersBytes;
    this.#keep({ batch: { ...batch, file }, bytes: segment.bytes, strangersBytes, since: this.#openSince });
    this.#openStrangersBytes = 0;
    this.#unsynced.set(segment.first, segment);
    this.#synced(segment, undefined);
  }

  // Without a later segment, its name is what says which number comes next.
  #keepNumber(batch: Batch): void {
    const name = join(this.#dir, storedName(batch));
    this.#disk.renameSync(batch.file, name);
    this.#disk.truncateSync(name);
    if (this.#lastStored !== undefined) this.#remove(this.#lastStored);
    this.#lastStored = name;
  }

  // Off the path: it waits for a sync that is under way. What is not removed before the end is shipped again, and known by then.
  #remove(file: string): void {
    this.#leaving.add(file);
    this.#disk.unlink(file, (error) => {
      this.#leaving.delete(file);
      if (error?.code !== 'ENOENT') this.#failed(error);
    });
  }

  #keep(kept: Kept): void {
    this.#kept.set(kept.batch.first, kept);
    this.#keptBytes += kept.bytes;
    this.#keptStrangersBytes += kept.strangersBytes;
  }

  #sync(): void {
    this.#timer = undefined;
    this.#open?.sync();
  }

  #synced(segment: Segment, error: unknown): void {
    if (error !== undefined) this.#failure = error;
    if (this.#unsynced.get(segment.first) !== segment) return;
    segment.sync();
    if (!segment.isSynced) return;
    this.#unsynced.delete(segment.first);
    segment.close();
  }

  #failed(error: unknown): void {
    if (error !== null && !this.#isOver) this.#failure = error;
  }
}
