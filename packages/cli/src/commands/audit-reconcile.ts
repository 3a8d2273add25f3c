import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { reconcile, type Reconciliation, withReader } from '@causeway/audit';
import { optional } from '@causeway/runtime';

import { defineCommand } from '../command.ts';
import { CommandError, EXIT_NO } from '../command-error.ts';
import { withProgress } from '../with-progress.ts';
import { AUDIT_SETTINGS, readAuditSettings } from './audit-settings.ts';

export const auditReconcile = defineCommand({
  name: 'audit reconcile',
  summary: 'Count, producer by producer, what was accepted against what is stored.',
  details: [
    'Reads AUDIT_READ_URL, and the journals below JOURNAL_DIR: what they hold is pending. Without them, what is on its way shows nowhere.',
    'Exit code 1: an event that was accepted is missing, or is there twice.',
  ],
  options: {
    journal: { type: 'string', value: 'DIR', help: 'where the journals are, instead of JOURNAL_DIR' },
    json: { type: 'boolean', help: 'print JSON' },
  },
  async run(context) {
    const { options } = context.args;
    const { readUrl, journalDir } = readAuditSettings(context, {
      readUrl: AUDIT_SETTINGS.readUrl,
      journalDir: optional(AUDIT_SETTINGS.journalDir),
    });
    const typed = options.journal === undefined ? undefined : resolve(context.cwd, options.journal);
    if (typed !== undefined && !existsSync(typed)) throw new CommandError(EXIT_NO, `there is no folder ${typed}`);
    const journals = [typed ?? journalDir ?? ''].filter((dir) => existsSync(dir));
    const report = await withProgress(
      context,
      () => 'the events are being counted',
      () => withReader(readUrl.reveal(), (client) => reconcile(client, journals)),
    );
    context.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : asText(report));
    if (journals.length === 0) context.stderr.write('no journals were looked at: pending events are not counted\n');
    return report.ok ? 0 : EXIT_NO;
  },
});

const HEADER = ['producer', 'service', 'accepted', 'stored', 'retired', 'duplicates', 'dead', 'pending', 'gaps'];

function asText({ producers, lost, doubled, pending, dead }: Reconciliation): string {
  const rows = producers.map((one) => [
    one.producer,
    one.service ?? '–',
    ...[one.accepted, one.stored, one.retired, one.duplicates, one.dead, one.pending].map(String),
    one.gaps.map(({ first, last }) => (first === last ? `${first}` : `${first}–${last}`)).join(' ') || '–',
  ]);
  const all = [HEADER, ...rows];
  const widths = HEADER.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${[...lines, '', `${lost} lost, ${doubled} doubled, ${pending} pending, ${dead} dead letters`].join('\n')}\n`;
}
