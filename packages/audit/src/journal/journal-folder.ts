import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@causeway/core';
import { z } from 'zod';
import { readSegment } from './journal-line.ts';
import { type JournalLock, lockJournal } from './journal-lock.ts';

/** A closed segment: it travels as one batch, under one job id. */
export interface Batch {
  readonly first: number;
  readonly last: number;
  readonly file: string;
}

/** One producer's folder, held by this process alone, and what it holds. */
export interface JournalFolder {
  readonly dir: string;
  readonly producer: string;
  readonly lock: JournalLock;
  readonly batches: readonly Batch[];
  /** The file whose name keeps the numbering while no batch waits. */
  readonly lastStored: string | undefined;
  /** The number that the next event gets. */
  readonly nextSeq: number;
}

export interface FolderContent {
  readonly batches: readonly Batch[];
  /** Names that only keep the numbering, newest first. */
  readonly stored: readonly Batch[];
  /** Segments that are being written, or that a crash left. */
  readonly open: readonly { readonly first: number; readonly file: string }[];
}

const CLOSED = /^(\d{15})-(\d{15})\.(batch|stored)$/;
const OPEN = /^(\d{15})\.open$/;
const FOLDERS_MAX = 1000;
const pad = (seq: number) => String(seq).padStart(15, '0');

export const openName = (first: number) => `${pad(first)}.open`;
export const batchName = (first: number, last: number) => `${pad(first)}-${pad(last)}.batch`;
/** What is left of a batch that the warehouse has: it keeps the producer's numbering when all else is trimmed. */
export const storedName = ({ first, last }: Batch) => `${pad(first)}-${pad(last)}.stored`;

/** What stands in a producer's folder, oldest batch first. It needs no lock. */
export function readFolder(dir: string): FolderContent {
  const names = readdirSync(dir);
  const closed = names.flatMap((name) => {
    const [, first, last, state] = CLOSED.exec(name) ?? [];
    return first === undefined ? [] : [{ first: Number(first), last: Number(last), state, file: join(dir, name) }];
  });
  return {
    batches: closed.filter(({ state }) => state === 'batch').toSorted((a, b) => a.first - b.first),
    stored: closed.filter(({ state }) => state === 'stored').toSorted((a, b) => b.first - a.first),
    open: names.flatMap((name) => {
      const first = OPEN.exec(name)?.[1];
      return first === undefined ? [] : [{ first: Number(first), file: join(dir, name) }];
    }),
  };
}

const producerFile = z.object({ producer: z.uuid() });

/** Who writes into this folder. `undefined` when nobody ever did. */
export function readProducer(dir: string): string | undefined {
  try {
    return producerFile.parse(JSON.parse(readFileSync(join(dir, 'producer.json'), 'utf8'))).producer;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function createProducer(dir: string): string {
  const producer = randomUUID();
  const file = join(dir, 'producer.json');
  writeFileSync(`${file}.new`, JSON.stringify({ producer }), { flush: true, mode: 0o600 });
  renameSync(`${file}.new`, file);
  return producer;
}

const seqOf = z.object({ producer_seq: z.number().int().positive() });

/** The number of the last sound line of a segment. `undefined` when there is none. */
export function lastSeqOf(file: string): number | undefined {
  const last = readSegment(readFileSync(file)).at(-1);
  return last === undefined ? undefined : seqOf.parse(JSON.parse(last.json.toString())).producer_seq;
}

// Nothing of it was accepted, but its name may be the last one that says which number comes next.
function keepNumber(dir: string, empty: Batch): void {
  truncateSync(empty.file);
  renameSync(empty.file, join(dir, storedName(empty)));
}

// Nothing is written behind a torn tail any more, so it can stay where it is: readers leave it out.
function closeLeftOpen(dir: string): void {
  for (const { first, file } of readFolder(dir).open) {
    const last = lastSeqOf(file);
    if (last !== undefined) renameSync(file, join(dir, batchName(first, last)));
    else keepNumber(dir, { first, last: first - 1, file });
  }
}

/** Takes a producer's folder for this process, and repairs what a crash left. `undefined` when another process has it. */
export function openJournalFolder(dir: string): JournalFolder | undefined {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const lock = lockJournal(dir);
  if (lock === undefined) return undefined;
  try {
    closeLeftOpen(dir);
    const { batches, stored } = readFolder(dir);
    const [newest, ...outdated] = stored;
    for (const { file } of outdated) unlinkSync(file);
    const nextSeq = Math.max(0, ...[...batches, ...stored].map(({ last }) => last)) + 1;
    const producer = readProducer(dir) ?? createProducer(dir);
    return { dir, producer, lock, batches, lastStored: newest?.file, nextSeq };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Takes the first folder of this service that nobody holds. So a process that starts again adopts the journal of the one before
 * it, and two at once never share one.
 */
export function openProducer(journalDir: string, service: string): JournalFolder {
  for (let n = 1; n <= FOLDERS_MAX; n++) {
    const folder = openJournalFolder(join(journalDir, `${service}-${n}`));
    if (folder !== undefined) return folder;
  }
  throw new AppError('audit_unavailable', `journal: ${FOLDERS_MAX} folders of ${service} are all in use`);
}
