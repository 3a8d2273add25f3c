import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { brittleDisk } from '../testing/brittle-disk.ts';
import type { AuditRecord } from '../record/record.ts';
import { recordsIn } from '../testing/records-in.ts';
import { toolCall } from '../testing/sample-events.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { testProducer } from '../testing/test-producer.ts';
import { type JournalFolder, openJournalFolder, openName, readFolder } from './journal-folder.ts';
import { Journal } from './journal.ts';
import { readSegment } from './journal-line.ts';
import { JournalSink } from './sink.ts';

const textsIn = (bytes: Buffer) => readSegment(bytes).map(({ json }) => json.toString());

const COUNT = 6;

/** A segment of six events, one of them with letters of several bytes. */
async function segment(): Promise<{ readonly bytes: Buffer; readonly lines: readonly string[] }> {
  const { sink, dir } = testProducer();
  for (let at = 1; at <= COUNT; at++) {
    await sink.record(toolCall({ requestId: `r${at}`, statement: at === 3 ? 'Zürich 東京 🚀' : 'select' }));
  }
  const bytes = readFileSync(readFolder(dir).open[0]!.file);
  return { bytes, lines: textsIn(bytes) };
}

test('a tail that is torn at any byte leaves exactly the whole lines before it', async () => {
  const { bytes, lines } = await segment();
  expect(lines).toHaveLength(COUNT);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const torn = bytes.subarray(0, cut);
    const whole = torn.filter((byte) => byte === 0x0a).length;
    expect(textsIn(torn)).toEqual(lines.slice(0, whole));
  }
});

test('a folder with a torn tail opens with the events before it, and numbers go on behind them', async () => {
  const { bytes } = await segment();
  const ends = [...bytes.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at);
  for (const cut of [0, 1, ...ends.flatMap((end) => [end - 1, end, end + 1, end + 40])]) {
    const dir = join(temporaryFolder(), 'mcp-1');
    mkdirSync(dir);
    writeFileSync(join(dir, openName(1)), bytes.subarray(0, cut));
    const folder = openJournalFolder(dir);
    const whole = ends.filter((end) => end < cut).length;
    expect(folder?.nextSeq).toBe(whole + 1);
    expect(recordsIn(dir).map(({ producer_seq: seq }) => seq)).toEqual(
      Array.from({ length: whole }, (_, at) => at + 1),
    );
    folder?.lock.release();
  }
});

test('flipped bits never make a record that nobody wrote', async () => {
  const { bytes, lines } = await segment();
  const flip = fc.array(fc.nat(bytes.length * 8 - 1), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(flip, (bits) => {
      const spoiled = Buffer.from(bytes);
      for (const bit of bits) spoiled.writeUInt8(spoiled.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      for (const text of textsIn(spoiled)) expect(lines).toContain(text);
    }),
    { numRuns: 500 },
  );
});

test('any bytes at all are read without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(readSegment(Buffer.from(bytes))).toEqual([]);
    }),
  );
});

type Step =
  | { readonly do: 'record'; readonly events: number }
  | { readonly do: 'trim'; readonly pick: number }
  | {
      readonly do: 'fail';
      readonly call: 'writeSync' | 'ftruncateSync' | 'fdatasync' | 'fdatasyncSync' | 'renameSync' | 'openSync';
    }
  | { readonly do: 'cut' | 'heal' | 'probe' | 'crash' | 'close' };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('record' as const), events: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('trim' as const), pick: fc.nat(10) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      call: fc.constantFrom('writeSync', 'ftruncateSync', 'fdatasync', 'fdatasyncSync', 'renameSync', 'openSync'),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('cut', 'heal', 'probe', 'crash', 'close') }) },
);

/** One life after the other of the same producer, on a disk that fails now and then. */
class Lives {
  readonly accepted = new Set<string>();
  /** What the warehouse got, by number. */
  readonly stored = new Map<number, string>();
  readonly #disk = brittleDisk();
  #folder: JournalFolder;
  #journal: Journal;
  #sink: JournalSink;
  #count = 0;

  constructor(dir: string) {
    this.#folder = openJournalFolder(dir)!;
    [this.#journal, this.#sink] = this.#begin();
  }

  get dir(): string {
    return this.#folder.dir;
  }

  async run(step: Step): Promise<void> {
    if (step.do === 'record') await this.#record(step.events);
    else if (step.do === 'fail') this.#disk.fail(step.call, 'ENOSPC');
    else if (step.do === 'heal') this.#disk.heal();
    else if (step.do === 'cut') this.#journal.cut();
    else if (step.do === 'trim') this.#trim(step.pick);
    else if (step.do === 'probe') quietly(() => this.#journal.probe());
    else this.restart(step.do === 'crash');
  }

  restart(crash: boolean): void {
    this.#disk.heal();
    // What a killed process leaves is what stands in its files at this moment: a copy of them, without its lock.
    const next = crash ? copyOf(this.dir) : this.dir;
    this.#journal.close();
    this.#folder = openJournalFolder(next)!;
    [this.#journal, this.#sink] = this.#begin();
  }

  end(): void {
    this.#disk.heal();
    this.#journal.close();
  }

  #begin(): [Journal, JournalSink] {
    const { disk } = this.#disk;
    const journal = new Journal({ folder: this.#folder, bytesMax: 1e9, syncMs: 0, batchEventsMax: 7, disk });
    return [journal, new JournalSink({ journal, producer: this.#folder.producer, service: 'mcp' })];
  }

  async #record(events: number): Promise<void> {
    const ids = Array.from({ length: events }, () => `r${++this.#count}`);
    const outcomes = await Promise.allSettled(ids.map((requestId) => this.#sink.record(toolCall({ requestId }))));
    ids.forEach((id, at) => outcomes[at]?.status === 'fulfilled' && this.accepted.add(id));
  }

  #trim(pick: number): void {
    const batch = this.#journal.batches()[pick % Math.max(1, this.#journal.batches().length)];
    if (batch === undefined) return;
    for (const text of textsIn(readFileSync(batch.file))) {
      const record = JSON.parse(text) as AuditRecord;
      this.stored.set(record.producer_seq, record.request_id);
    }
    quietly(() => this.#journal.trim(batch));
  }
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // The disk fails on purpose.
  }
}

function copyOf(dir: string): string {
  const copy = join(temporaryFolder(), 'mcp-1');
  mkdirSync(copy);
  for (const name of readdirSync(dir)) {
    if (name.startsWith('lock')) continue;
    try {
      copyFileSync(join(dir, name), join(copy, name));
    } catch (error) {
      // Stored batches are removed off the path: one may go between the listing and its copy.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return copy;
}

test('whatever fails and whenever it is killed: every accepted event is there once, with dense numbers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), async (steps) => {
      const lives = new Lives(join(temporaryFolder(), 'mcp-1'));
      for (const each of steps) await lives.run(each);
      lives.restart(true);
      const all = new Map(lives.stored);
      for (const { producer_seq: seq, request_id: id } of recordsIn(lives.dir)) {
        expect(all.get(seq) ?? id).toBe(id);
        all.set(seq, id);
      }
      lives.end();
      expect([...all.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: all.size }, (_, at) => at + 1));
      const ids = [...all.values()];
      expect(new Set(ids).size).toBe(ids.length);
      expect([...lives.accepted].filter((id) => !ids.includes(id))).toEqual([]);
    }),
    { numRuns: 100 },
  );
}, 60_000);
