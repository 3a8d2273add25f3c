import { once } from 'node:events';
import type { Writable } from 'node:stream';

import { auditRecord, type StoredRow, streamRows, withReader } from '@causeway/audit';

import { type CommandContext, defineCommand } from '../command.ts';
import { CommandError, EXIT_USAGE } from '../command-error.ts';
import { withProgress } from '../with-progress.ts';
import { rowFilter } from './audit-filter.ts';
import { csvLine, rowJson, rowObject } from './audit-row-text.ts';
import { AUDIT_SETTINGS, readAuditSettings } from './audit-settings.ts';

const COLUMNS = [...Object.keys(auditRecord.shape), 'chain', 'chain_seq', 'prev_hash', 'hash', 'stored_at'];

export const auditExport = defineCommand({
  name: 'audit export',
  summary: 'Print events of the audit trail, oldest first, as JSON lines or CSV.',
  details: [
    'Reads AUDIT_READ_URL. It streams: its memory does not grow with the number of events.',
    'In CSV, a cell that a spreadsheet would take for a formula begins with an apostrophe.',
  ],
  options: {
    since: { type: 'string', value: 'TIME', help: '24h, 7d or a moment; without it, from the beginning' },
    until: { type: 'string', value: 'TIME', help: 'up to this moment, without it' },
    filter: { type: 'string', value: 'K=V,…', help: 'only events with these values' },
    format: { type: 'string', value: 'json|csv', help: 'json when left out' },
    json: { type: 'boolean', help: 'print JSON, one event a line, as without it' },
  },
  async run(context) {
    const { options } = context.args;
    const format = formatOf(options);
    const query = { ...rowFilter({ ...options, filter: options.filter }, new Date()), order: 'event_id' };
    const { readUrl } = readAuditSettings(context, { readUrl: AUDIT_SETTINGS.readUrl });
    let written = 0;
    const print = async (client: Parameters<typeof streamRows>[0]) => {
      if (format === 'csv') await write(context, csvLine(COLUMNS));
      for await (const row of streamRows(client, query)) {
        if (context.signal.aborted) return;
        await write(context, lineOf(row, format));
        written += 1;
      }
    };
    await withProgress(
      context,
      () => `${written} events so far`,
      () => withReader(readUrl.reveal(), print),
    );
    context.signal.throwIfAborted();
  },
});

type Format = 'json' | 'csv';

function formatOf({ format = 'json', json }: { readonly format?: string | undefined; readonly json: boolean }): Format {
  if (format !== 'json' && format !== 'csv') throw new CommandError(EXIT_USAGE, '--format is json or csv');
  if (json && format === 'csv') throw new CommandError(EXIT_USAGE, '--json and --format csv contradict each other');
  return format;
}

function lineOf(row: StoredRow, format: Format): string {
  if (format === 'json') return `${rowJson(row)}\n`;
  const object = rowObject(row);
  return csvLine(COLUMNS.map((name) => object[name]));
}

/** Waits for a slow reader instead of keeping what it has not read. */
async function write({ stdout, signal }: CommandContext<unknown>, text: string): Promise<void> {
  if (stdout.write(text) === false && isWritable(stdout)) await once(stdout, 'drain', { signal });
}

const isWritable = (output: object): output is Writable => 'once' in output;
