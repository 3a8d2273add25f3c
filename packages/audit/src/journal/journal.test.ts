import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { AppError } from '@causeway/core';
import { describe, expect, test, vi } from 'vitest';
import { type BrittleDisk, brittleDisk } from '../testing/brittle-disk.ts';
import { AUDIT_KINDS } from '../record/event.ts';
import { recordsIn } from '../testing/records-in.ts';
import { refused, toolCall } from '../testing/sample-events.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { testProducer, type TestProducer } from '../testing/test-producer.ts';
import { openJournalFolder, openName, openProducer, readFolder } from './journal-folder.ts';
import { Journal } from './journal.ts';
import { type AuditSink } from './sink.ts';

/** What ends a wait that would never end, also on a busy machine. */
const WAIT = { timeout: 30_000 };

const requestsIn = (dir: string) => recordsIn(dir).map(({ request_id: request }) => request);

const record = (sink: AuditSink, ...requestIds: string[]) =>
  Promise.all(requestIds.map((requestId) => sink.record(toolCall({ requestId }))));

const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'recorded',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

test('when `record` resolves, the event is in the file', async () => {
  const { sink, dir } = testProducer();
  await sink.record(toolCall({ requestId: 'a' }));
  expect(requestsIn(dir)).toEqual(['a']);
});

test('nothing is written, and nobody is answered, before the turn is over', async () => {
  const { sink, dir } = testProducer();
  const answered = vi.fn<() => void>();
  const attempts = ['a', 'b'].map((requestId) => sink.record(toolCall({ requestId })).then(answered));
  await Promise.resolve();
  expect(answered).not.toHaveBeenCalled();
  expect(requestsIn(dir)).toEqual([]);
  await Promise.all(attempts);
  expect(requestsIn(dir)).toEqual(['a', 'b']);
});

test('the events of one turn are one write', async () => {
  const { disk, calls } = brittleDisk();
  const { sink } = testProducer(undefined, { disk });
  await record(sink, 'a', 'b', 'c');
  expect(calls.filter((name) => name === 'writeSync')).toHaveLength(1);
});

test('what was written is synced by itself, together with the name of the new file', async () => {
  const { disk, calls } = brittleDisk();
  const { sink } = testProducer(undefined, { disk });
  await record(sink, 'a');
  expect(calls).toContain('fsync');
  expect(calls).not.toContain('fdatasync');
  await vi.waitFor(() => expect(calls).toContain('fdatasync'), { ...WAIT, interval: 2 });
});

test('numbers are dense, and go on where the process before stopped', async () => {
  const journalDir = temporaryFolder();
  const first = testProducer(journalDir);
  await record(first.sink, 'a', 'b');
  first.journal.close();
  const second = testProducer(journalDir);
  expect(second.producer).toBe(first.producer);
  await record(second.sink, 'c');
  second.journal.cut();
  expect(second.journal.batches().map(({ file }) => basename(file))).toEqual([
    '000000000000001-000000000000002.batch',
    '000000000000003-000000000000003.batch',
  ]);
  expect(requestsIn(second.dir)).toEqual(['a', 'b', 'c']);
});

test('numbers go on when everything has been trimmed', async () => {
  const journalDir = temporaryFolder();
  const first = testProducer(journalDir);
  await record(first.sink, 'a', 'b');
  first.journal.cut();
  await record(first.sink, 'c');
  first.journal.cut();
  for (const batch of first.journal.batches().toReversed()) first.journal.trim(batch);
  expect(first.journal.bytes).toBe(0);
  first.journal.close();
  expect(testProducer(journalDir).journal.nextSeq).toBe(4);
});

test('numbers go on behind a segment of which a lost machine left only the name', () => {
  const dir = join(temporaryFolder(), 'mcp-1');
  mkdirSync(dir);
  writeFileSync(join(dir, openName(5)), Buffer.alloc(300));
  for (let life = 0; life < 2; life++) {
    const folder = openJournalFolder(dir);
    expect(folder?.nextSeq).toBe(5);
    folder?.lock.release();
  }
});

test('two processes never share a folder, and a folder is free when its process closed it', () => {
  const journalDir = temporaryFolder();
  const first = openProducer(journalDir, 'mcp');
  const second = openProducer(journalDir, 'mcp');
  expect([first.dir, second.dir].map((dir) => basename(dir))).toEqual(['mcp-1', 'mcp-2']);
  expect(openJournalFolder(first.dir)).toBeUndefined();
  expect(first.producer).not.toBe(second.producer);
  first.lock.release();
  const third = openProducer(journalDir, 'mcp');
  expect(third.producer).toBe(first.producer);
  second.lock.release();
  third.lock.release();
});

test('a segment is closed before it gets too large to travel', async () => {
  const { sink, journal } = testProducer(undefined, { batchEventsMax: 3 });
  for (const id of ['a', 'b', 'c', 'd']) await record(sink, id);
  expect(journal.batches().map(({ first, last }) => [first, last])).toEqual([[1, 3]]);
  const byBytes = testProducer(undefined, { batchBytesMax: 1000 });
  for (const id of ['a', 'b', 'c', 'd']) await record(byBytes.sink, id);
  expect(byBytes.journal.batches().length).toBeGreaterThan(0);
});

test('a journal that is full refuses, and takes events again when some were trimmed', async () => {
  const { sink, journal, dir } = testProducer(undefined, { bytesMax: 2000 });
  await record(sink, 'a', 'b');
  journal.cut();
  expect(await codeOf(record(sink, 'c', 'd'))).toBe('audit_unavailable');
  expect(requestsIn(dir)).toEqual(['a', 'b']);
  journal.trim(journal.batches()[0]!);
  expect(await codeOf(record(sink, 'e'))).toBe('recorded');
  expect(journal.nextSeq).toBe(4);
});

test('a journal that is full stays shut until there is room, however often it is probed', async () => {
  const { sink, journal } = testProducer(undefined, { bytesMax: 9000 });
  await record(sink, 'a', 'b', 'c');
  expect(await codeOf(record(sink, ...Array.from({ length: 20 }, () => 'd')))).toBe('audit_unavailable');
  expect(() => journal.probe()).toThrow('full');
  journal.cut();
  journal.trim(journal.batches()[0]!);
  journal.probe();
  expect(journal.failure).toBeUndefined();
});

test('callers who proved nothing can fill a tenth, and nobody else suffers', async () => {
  const { sink, journal } = testProducer(undefined, { bytesMax: 20_000 });
  const codes: string[] = [];
  for (let at = 0; at < 10; at++) codes.push(await codeOf(sink.record(refused('no token'))));
  const taken = codes.filter((code) => code === 'recorded').length;
  expect(taken).toBeGreaterThan(1);
  expect(taken).toBeLessThan(6);
  expect(codes.at(-1)).toBe('audit_unavailable');
  expect(sink.hasRoomForStrangers).toBe(false);
  expect(await codeOf(sink.record(toolCall()))).toBe('recorded');
  expect(await codeOf(sink.record(refused('own', { kind: 'policy_change' })))).toBe('recorded');
  journal.cut();
  journal.trim(journal.batches()[0]!);
  expect(await codeOf(sink.record(refused('no token')))).toBe('recorded');
});

test('the share of callers who proved nothing is counted in bytes, whatever they write', async () => {
  const { sink, journal } = testProducer();
  await sink.record(refused('語'.repeat(1000)));
  expect(journal.strangersBytes).toBe(journal.bytes);
});

test('a restart while nothing is shipped gives callers who proved nothing no new share', async () => {
  const journalDir = temporaryFolder();
  const first = testProducer(journalDir);
  for (const requestId of ['r', '語"\\\n\u0001'.repeat(40), '"pattern":null,']) {
    for (const kind of AUDIT_KINDS) {
      await first.sink.record(refused('no token', { kind, requestId }));
      await first.sink.record(toolCall({ kind, requestId }));
    }
  }
  const { strangersBytes } = first.journal;
  expect(strangersBytes).toBeGreaterThan(0);
  expect(strangersBytes).toBeLessThan(first.journal.bytes / 2);
  first.journal.close();
  const second = testProducer(journalDir, { bytesMax: strangersBytes * 10 });
  expect(second.journal.strangersBytes).toBe(strangersBytes);
  expect(second.sink.hasRoomForStrangers).toBe(false);
  for (const batch of second.journal.batches()) second.journal.trim(batch);
  expect(second.sink.hasRoomForStrangers).toBe(true);
});

test('an event that cannot be made into a line rejects, and takes no number', async () => {
  const { sink, journal, dir } = testProducer();
  const strange = toolCall();
  Object.defineProperty(strange, 'requestId', {
    get: () => {
      throw new TypeError('hunter2');
    },
  });
  const attempt = sink.record(strange);
  expect(await codeOf(attempt)).toBe('internal');
  await record(sink, 'a');
  expect(journal.nextSeq).toBe(2);
  expect(requestsIn(dir)).toEqual(['a']);
});

test('arguments that cannot be written down do not cost the record', async () => {
  const { sink, dir } = testProducer();
  const loop: Record<string, unknown> = {};
  loop['loop'] = loop;
  await sink.record(toolCall({ arguments: loop }));
  await sink.record(toolCall({ arguments: { big: 1n } }));
  expect(requestsIn(dir)).toHaveLength(2);
});

describe('when the disk fails', () => {
  async function withDisk(): Promise<TestProducer & BrittleDisk> {
    const brittle = brittleDisk();
    const producer = testProducer(undefined, { disk: brittle.disk, syncMs: 1 });
    await record(producer.sink, 'a');
    return { ...producer, ...brittle };
  }

  test.each(['ENOSPC', 'EIO', 'EROFS'])(
    '%s refuses the turn as a whole, and the next one works again',
    async (code) => {
      const { sink, fail, heal, dir, journal } = await withDisk();
      fail('writeSync', code);
      expect(await codeOf(record(sink, 'b', 'c'))).toBe('audit_unavailable');
      expect(journal.failure).toMatchObject({ code });
      heal();
      await record(sink, 'd');
      expect(journal.failure).toBeUndefined();
      expect(requestsIn(dir)).toEqual(['a', 'd']);
      expect(journal.nextSeq).toBe(3);
    },
  );

  test('half a line that cannot be cut off is cut off before anything else is written', async () => {
    const { sink, fail, heal, dir } = await withDisk();
    const [open] = readFolder(dir).open;
    appendFileSync(open!.file, 'half a li');
    fail('writeSync', 'ENOSPC');
    fail('ftruncateSync', 'EIO');
    expect(await codeOf(record(sink, 'b'))).toBe('audit_unavailable');
    heal();
    await record(sink, 'c');
    expect(requestsIn(dir)).toEqual(['a', 'c']);
    expect(readFileSync(readFolder(dir).open[0]!.file, 'utf8')).not.toContain('half a li');
  });

  test('after a failed sync nothing is accepted until the lines stand on the disk in a new file', async () => {
    const { sink, fail, heal, dir, journal, calls } = await withDisk();
    fail('fdatasync', 'EIO');
    await record(sink, 'b');
    await vi.waitFor(() => expect(journal.failure).toMatchObject({ code: 'EIO' }), WAIT);
    fail('fdatasyncSync', 'EIO');
    expect(await codeOf(record(sink, 'c'))).toBe('audit_unavailable');
    heal();
    const before = statSync(readFolder(dir).open[0]!.file).ino;
    calls.length = 0;
    await record(sink, 'd');
    expect(statSync(readFolder(dir).open[0]!.file).ino).not.toBe(before);
    expect(calls).toContain('fdatasyncSync');
    expect(requestsIn(dir)).toEqual(['a', 'b', 'd']);
  });

  test('a closed segment whose sync failed is written again too', async () => {
    const { sink, fail, heal, dir, journal } = await withDisk();
    fail('fdatasync', 'EIO');
    await record(sink, 'b');
    journal.cut();
    const [batch] = journal.batches();
    const before = statSync(batch!.file).ino;
    await vi.waitFor(() => expect(journal.failure).toMatchObject({ code: 'EIO' }), WAIT);
    heal();
    await record(sink, 'c');
    expect(statSync(batch!.file).ino).not.toBe(before);
    expect(requestsIn(dir)).toEqual(['a', 'b', 'c']);
  });

  test('a segment that cannot be closed keeps its events', async () => {
    const { sink, fail, heal, dir, journal } = await withDisk();
    fail('renameSync', 'EIO');
    journal.cut();
    expect(journal.batches()).toEqual([]);
    heal();
    await record(sink, 'b');
    journal.cut();
    expect(requestsIn(dir)).toEqual(['a', 'b']);
  });

  test('a file that somebody removed is not written into the void: it comes back with all its lines', async () => {
    const { sink, dir, journal } = await withDisk();
    rmSync(readFolder(dir).open[0]!.file);
    expect(await codeOf(record(sink, 'b'))).toBe('audit_unavailable');
    await record(sink, 'c');
    expect(journal.failure).toBeUndefined();
    expect(requestsIn(dir)).toEqual(['a', 'c']);
  });

  test('a folder that is gone refuses everything, until it is back', async () => {
    const { sink, dir, journal } = await withDisk();
    renameSync(dir, `${dir}.away`);
    journal.cut();
    expect(await codeOf(record(sink, 'b'))).toBe('audit_unavailable');
    expect(await codeOf(record(sink, 'c'))).toBe('audit_unavailable');
    renameSync(`${dir}.away`, dir);
    await record(sink, 'd');
    expect(requestsIn(dir)).toEqual(['a', 'd']);
  });

  test('a removed folder refuses everything', async () => {
    const { sink, dir } = await withDisk();
    rmSync(dir, { recursive: true });
    expect(await codeOf(record(sink, 'b'))).toBe('audit_unavailable');
    expect(await codeOf(record(sink, 'c'))).toBe('audit_unavailable');
    mkdirSync(dir);
  });

  test('accepted lines that the disk spoiled keep the journal shut', async () => {
    const { sink, dir, journal, fail, heal } = await withDisk();
    fail('fdatasync', 'EIO');
    await record(sink, 'b');
    await vi.waitFor(() => expect(journal.failure).toBeDefined(), WAIT);
    truncateSync(readFolder(dir).open[0]!.file, 10);
    heal();
    expect(await codeOf(record(sink, 'c'))).toBe('audit_unavailable');
    expect(() => journal.close()).toThrow('cannot be read back');
  });

  test('a probe finds out that the disk works again, and leaves nothing behind', async () => {
    const { sink, dir, fail, heal, journal } = await withDisk();
    fail('writeSync', 'ENOSPC');
    expect(await codeOf(record(sink, 'b'))).toBe('audit_unavailable');
    expect(() => journal.probe()).toThrow(AppError);
    heal();
    const size = statSync(readFolder(dir).open[0]!.file).size;
    journal.probe();
    expect(journal.failure).toBeUndefined();
    expect(statSync(readFolder(dir).open[0]!.file).size).toBe(size);
  });
});

test('a closed journal accepts nothing, and has let go of its files', async () => {
  const { sink, journal, dir } = testProducer();
  await record(sink, 'a');
  journal.cut();
  const open = readdirSync('/proc/self/fd').length;
  journal.close();
  expect(readdirSync('/proc/self/fd').length).toBeLessThan(open);
  expect(await codeOf(record(sink, 'b'))).toBe('audit_unavailable');
  expect(requestsIn(dir)).toEqual(['a']);
  const again = openJournalFolder(dir);
  expect(again).toBeDefined();
  again?.lock.release();
});

test('a journal of another run is as large as its files', async () => {
  const journalDir = temporaryFolder();
  const first = testProducer(journalDir);
  await record(first.sink, 'a');
  first.journal.close();
  const folder = openProducer(journalDir, 'mcp');
  const journal = new Journal({ folder, bytesMax: 10 });
  expect(journal.bytes).toBeGreaterThan(100);
  expect(() => journal.append({ text: 'x', events: 1, strangersBytes: 0 })).toThrow('full');
  journal.close();
});
