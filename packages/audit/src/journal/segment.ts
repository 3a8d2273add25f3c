import * as nodeFs from 'node:fs';
import { readSegment } from './journal-line.ts';

/** What the journal asks of the disk; tests let it fail. */
export type JournalDisk = Pick<
  typeof nodeFs,
  | 'closeSync'
  | 'fdatasync'
  | 'fdatasyncSync'
  | 'fstatSync'
  | 'fsync'
  | 'ftruncateSync'
  | 'openSync'
  | 'readSync'
  | 'renameSync'
  | 'truncateSync'
  | 'unlink'
  | 'writeSync'
>;

const { O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_TRUNC } = nodeFs.constants;
/** A probe writes more than one page, so that it needs a block of its own. */
export const PROBE_BYTES = 8192;

/** One file of the journal, while it is written and until the disk has it. */
export class Segment {
  readonly first: number;
  readonly #disk: JournalDisk;
  readonly #onSynced: (error: unknown) => void;
  #file: string;
  #fd: number;
  #events = 0;
  #bytes = 0;
  #isDirty = false;
  #isSyncing = false;
  #isSuspect = false;

  constructor(
    disk: JournalDisk,
    place: { readonly file: string; readonly first: number },
    onSynced: (e: unknown) => void,
  ) {
    this.#disk = disk;
    this.#file = place.file;
    this.first = place.first;
    this.#onSynced = onSynced;
    this.#fd = disk.openSync(place.file, O_APPEND | O_CREAT | O_EXCL | O_RDWR, 0o600);
  }

  get events(): number {
    return this.#events;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Nobody knows whether the disk has what was written. */
  get isSuspect(): boolean {
    return this.#isSuspect;
  }

  get isSynced(): boolean {
    return !this.#isDirty && !this.#isSyncing && !this.#isSuspect;
  }

  /** Takes all of it or nothing. */
  write(bytes: Buffer, events: number): void {
    this.#writeOrUndo(bytes);
    this.#bytes += bytes.length;
    this.#events += events;
    this.#isDirty = true;
  }

  /** Proves that the disk takes something. */
  probe(): void {
    this.#writeOrUndo(Buffer.alloc(PROBE_BYTES));
    this.#undo();
  }

  rename(file: string): void {
    try {
      this.#disk.renameSync(this.#file, file);
      this.#file = file;
    } catch (error) {
      this.#isSuspect = true;
      throw error;
    }
  }

  /** Brings what was written to the disk, off the path. */
  sync(): void {
    if (this.#isSyncing || !this.#isDirty) return;
    this.#isSyncing = true;
    this.#isDirty = false;
    const fd = this.#fd;
    this.#disk.fdatasync(fd, (error) => {
      if (fd !== this.#fd) return this.#disk.closeSync(fd);
      this.#isSyncing = false;
      if (error !== null) this.#isSuspect = true;
      this.#onSynced(error ?? undefined);
    });
  }

  /**
   * Writes everything again into a new file. After a failed sync the kernel takes the pages for clean, so a second sync of the same
   * file would succeed and prove nothing; and the lines of a file that was removed live only as long as this process.
   */
  replace(): void {
    const content = this.#read();
    if (readSegment(content).length !== this.#events) throw new Error('accepted lines cannot be read back');
    const file = `${this.#file}.new`;
    const fd = this.#disk.openSync(file, O_APPEND | O_CREAT | O_TRUNC | O_RDWR, 0o600);
    try {
      this.#writeAll(fd, content);
      this.#disk.fdatasyncSync(fd);
      this.#disk.renameSync(file, this.#file);
    } catch (error) {
      this.#disk.closeSync(fd);
      throw error;
    }
    this.#leaveFile();
    this.#fd = fd;
    this.#isDirty = false;
    this.#isSyncing = false;
    this.#isSuspect = false;
  }

  close(): void {
    this.#leaveFile();
    this.#fd = -1;
  }

  /** Puts what was written on the disk and closes the file, now. */
  closeSynced(): void {
    this.#disk.fdatasyncSync(this.#fd);
    this.close();
  }

  // Under a sync that is under way the file stays open; the sync closes it.
  #leaveFile(): void {
    if (!this.#isSyncing) this.#disk.closeSync(this.#fd);
  }

  #writeOrUndo(bytes: Buffer): void {
    try {
      this.#writeAll(this.#fd, bytes);
    } catch (error) {
      this.#undo();
      throw error;
    }
    // Writing into a file that somebody removed succeeds, and would end with this process.
    if (this.#disk.fstatSync(this.#fd).nlink > 0) return;
    this.#isSuspect = true;
    this.#undo();
    throw new Error('the segment was removed');
  }

  #undo(): void {
    try {
      this.#disk.ftruncateSync(this.#fd, this.#bytes);
    } catch {
      this.#isSuspect = true;
    }
  }

  #writeAll(fd: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) at += this.#disk.writeSync(fd, bytes, at);
  }

  #read(): Buffer {
    const content = Buffer.alloc(this.#bytes);
    for (let at = 0; at < content.length;) {
      const read = this.#disk.readSync(this.#fd, content, at, content.length - at, at);
      if (read === 0) break;
      at += read;
    }
    return content;
  }
}
