// Fills the disk below FOLDER with a journal and prints what happened as JSON: node fill-disk.ts FOLDER [BYTES]
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@causeway/core';
import { openProducer } from '../journal/journal-folder.ts';
import { Journal } from '../journal/journal.ts';
import { JournalSink } from '../journal/sink.ts';
import { recordsIn } from './records-in.ts';
import { recordedEvent } from './recorded-event.ts';
import { shrinkDisk } from './small-disk.ts';

const [, , folderName = '', bytes] = process.argv;
if (bytes !== undefined) shrinkDisk(folderName, Number(bytes));
const folder = openProducer(folderName, 'mcp');
const journal = new Journal({ folder, bytesMax: 2 ** 30, batchBytesMax: 16 * 1024 });
const sink = new JournalSink({ journal, producer: folder.producer, service: 'mcp' });
let count = 0;
const accepted: string[] = [];

/** Records until the journal refuses, and returns the code of the refusal. */
async function fill(turns: number): Promise<string> {
  for (let turn = 0; turn < turns; turn++) {
    const ids = Array.from({ length: 5 }, () => `r${++count}`);
    try {
      await Promise.all(ids.map((id) => sink.record(recordedEvent(id))));
      accepted.push(...ids);
    } catch (error) {
      return error instanceof AppError
        ? `${error.code}: ${String((error.cause as { code?: string }).code)}`
        : String(error);
    }
  }
  return 'not full';
}

const full = await fill(10_000);
const stillFull = await fill(1);
const [oldest] = journal.batches();
if (oldest !== undefined) journal.trim(oldest);
let afterTrim = '';
// A file is removed off the path, on a busy machine much later.
for (const deadline = Date.now() + 60_000; Date.now() < deadline && afterTrim !== 'not full';) {
  await delay(5);
  afterTrim = await fill(2);
}

const filler = join(folderName, 'filler');
const file = openSync(filler, 'a');
let filled = 'not full';
try {
  for (let at = 0; at < 10_000; at++) writeSync(file, Buffer.alloc(1024));
} catch (error) {
  filled = String((error as { code?: string }).code);
}
closeSync(file);
const byOthers = await fill(10_000);
rmSync(filler);
const afterOthers = await fill(2);
journal.close();

const there = recordsIn(folder.dir).map(({ request_id: id }) => id);
// The folder may be on a disk that only this process sees, so it compares for itself.
const expected = accepted.slice(oldest?.last ?? 0);
const isComplete = JSON.stringify(there) === JSON.stringify(expected);
process.stdout.write(
  JSON.stringify({ full, stillFull, afterTrim, filled, byOthers, afterOthers, isComplete, count: accepted.length }),
);
