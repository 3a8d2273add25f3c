import { loadSampleData } from '@causeway/platform';

import { defineCommand } from '../command.ts';
import { withProgress } from '../with-progress.ts';
import { readAdminSettings } from './db-admin.ts';

const OUTCOMES = {
  loaded: 'loaded',
  'not empty': 'holds rows already, and was left as it is',
  'not ours': 'was not created by `causeway db apply`, and was left as it is',
} as const;

export const dbSample = defineCommand({
  name: 'db sample',
  summary: 'Fill the demo tables that `causeway db apply` created, as long as they are empty.',
  options: { json: { type: 'boolean', help: 'print JSON' } },
  async run(context) {
    const { adminUrl } = readAdminSettings(context);
    const tables = await withProgress(
      context,
      () => 'the tables are being filled',
      () => loadSampleData(adminUrl),
    );
    const lines = tables.map(
      ({ table, rows, outcome }) => `${table} ${OUTCOMES[outcome]}${rows > 0 ? `: ${rows} rows` : ''}`,
    );
    context.stdout.write(`${context.args.options.json ? JSON.stringify(tables, null, 2) : lines.join('\n')}\n`);
  },
});
