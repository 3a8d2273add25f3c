// Records as fast as it can and says on stdout which events were accepted: node record-forever.ts JOURNAL-DIR NAME
import { writeSync } from 'node:fs';
import { openProducer } from '../journal/journal-folder.ts';
import { Journal } from '../journal/journal.ts';
import { JournalSink } from '../journal/sink.ts';
import { recordedEvent } from './recorded-event.ts';

const [, , journalDir = '', name = ''] = process.argv;
const folder = openProducer(journalDir, 'mcp');
const journal = new Journal({ folder, bytesMax: 2 ** 30, batchEventsMax: 40 });
const sink = new JournalSink({ journal, producer: folder.producer, service: 'mcp' });
let count = 0;

async function recordForever(): Promise<never> {
  for (;;) {
    const requestId = `${name}-${++count}`;
    await sink.record(recordedEvent(requestId));
    writeSync(1, `${requestId}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, recordForever));
