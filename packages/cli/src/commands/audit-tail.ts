import { setTimeout as delay } from 'node:timers/promises';

import { MAIN_CHAIN, type StoredRow, streamRows, withReader } from '@causeway/audit';

import { defineCommand } from '../command.ts';
import { CommandError, EXIT_USAGE } from '../command-error.ts';
import { rowFilter } from './audit-filter.ts';
import { rowJson, rowLine } from './audit-row-text.ts';
import { AUDIT_SETTINGS, readAuditSettings } from './audit-settings.ts';

const POLL_MS = 500;

type Client = Parameters<typeof streamRows>[0];

export const auditTail = defineCommand({
  name: 'audit tail',
  summary: 'Print the last events of the audit trail, in the order in which they were stored.',
  details: ['Reads AUDIT_READ_URL.'],
  options: {
    follow: { type: 'boolean', short: 'f', help: 'go on with what comes, until Ctrl-C' },
    filter: { type: 'string', value: 'K=V,…', help: 'only events with these values, such as status=access_denied' },
    lines: { type: 'string', short: 'n', value: 'N', help: 'how many; 20 when left out' },
    json: { type: 'boolean', help: 'print JSON, one event a line' },
  },
  async run({ args: { options }, cwd, env, stdout, signal }) {
    const lines = Number(options.lines ?? '20');
    if (!Number.isInteger(lines) || lines < 0) throw new CommandError(EXIT_USAGE, '--lines takes a whole number');
    const filter = rowFilter({ filter: options.filter }, new Date());
    const { readUrl } = readAuditSettings({ cwd, env }, { readUrl: AUDIT_SETTINGS.readUrl });
    const print = (row: StoredRow) => stdout.write(`${options.json ? rowJson(row) : rowLine(row)}\n`);
    await withReader(readUrl.reveal(), async (client) => {
      let last = await headOf(client);
      for (const row of (await newest(client, { ...filter, lines, last })).toReversed()) print(row);
      while (options.follow && !signal.aborted) {
        await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
        const head = await headOf(client);
        for await (const row of behind(client, { ...filter, last, head })) print(row);
        last = head;
      }
    });
  },
});

interface Span {
  readonly where: string;
  readonly values: readonly unknown[];
  readonly last: number;
}

async function headOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ seq: string }>(
    'SELECT chain_seq AS seq FROM audit_base.chains WHERE chain = $1',
    [MAIN_CHAIN],
  );
  return Number(rows[0]?.seq ?? 0);
}

async function newest(client: Client, { where, values, last, lines }: Span & { lines: number }): Promise<StoredRow[]> {
  const n = values.length;
  const query = {
    where: `${where} AND chain = $${n + 1} AND chain_seq <= $${n + 2}`,
    values: [...values, MAIN_CHAIN, last],
    order: 'chain_seq DESC',
    limit: lines,
  };
  const found: StoredRow[] = [];
  for await (const row of streamRows(client, query)) found.push(row);
  return found;
}

function behind(client: Client, { where, values, last, head }: Span & { head: number }): AsyncGenerator<StoredRow> {
  const n = values.length;
  return streamRows(client, {
    where: `${where} AND chain = $${n + 1} AND chain_seq > $${n + 2} AND chain_seq <= $${n + 3}`,
    values: [...values, MAIN_CHAIN, last, head],
    order: 'chain_seq',
  });
}
