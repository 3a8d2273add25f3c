import { onTestFinished } from 'vitest';
import { openProducer } from '../journal/journal-folder.ts';
import { Journal, type JournalOptions } from '../journal/journal.ts';
import { JournalSink } from '../journal/sink.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface TestProducer {
  readonly dir: string;
  readonly producer: string;
  readonly journal: Journal;
  readonly sink: JournalSink;
}

/** A journal in a folder of its own, or the one that was there before. */
export function testProducer(
  journalDir: string = temporaryFolder(),
  options: Partial<JournalOptions> & { readonly now?: () => number } = {},
): TestProducer {
  const folder = openProducer(journalDir, 'mcp');
  const journal = new Journal({ folder, bytesMax: 2 ** 30, ...options });
  onTestFinished(() => journal.close());
  const sink = new JournalSink({ journal, producer: folder.producer, service: 'mcp', ...options });
  return { dir: folder.dir, producer: folder.producer, journal, sink };
}
