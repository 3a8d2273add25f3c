import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openProducer } from '../journal/journal-folder.ts';
import { Journal, type JournalOptions } from '../journal/journal.ts';
import { JournalSink } from '../journal/sink.ts';
import type { Refusal } from '../journal/refusal-recorder.ts';
import type { AuditEvent } from '../record/event.ts';
import { WANDA } from './wanda.ts';

export const toolCall = (changes: Partial<AuditEvent> = {}): AuditEvent => ({
  kind: 'tool_call',
  requestId: 'r1',
  caller: WANDA,
  outcome: { status: 'success' },
  tool: 'query_sales_data',
  arguments: { region: 'WEST', limit: 10 },
  rowsReturned: 10,
  latencyMs: 12.5,
  ...changes,
});

export const refused = (reason: string, changes: Partial<Refusal> = {}): Refusal => ({
  kind: 'request_refused',
  requestId: 'r2',
  caller: undefined,
  outcome: { status: 'access_denied', errorCode: 'invalid_token', reason },
  ...changes,
});

/** A folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-audit-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

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
