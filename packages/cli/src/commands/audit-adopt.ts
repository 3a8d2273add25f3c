import { resolve } from 'node:path';

import { adoptJournal, BullBatchQueue } from '@causeway/audit';
import { stateStoreProblems } from '@causeway/runtime';

import { defineCommand } from '../command.ts';
import { CommandError, EXIT_NO, EXIT_USAGE } from '../command-error.ts';
import { withProgress } from '../with-progress.ts';
import { AUDIT_SETTINGS, readAuditSettings } from './audit-settings.ts';

export const auditAdopt = defineCommand({
  name: 'audit adopt',
  summary: 'Ship the journal of a process that is no more, and wait until its events are stored.',
  details: [
    'DIR is one producer’s folder: the one with producer.json in it. The journal is taken under its lock: while its process lives, nothing happens.',
    'Reads REDIS_URL or STATE_DATABASE_URL, and AUDIT_PRODUCER_KEY_FILE. What was not confirmed in time stays in the journal.',
  ],
  operands: [{ name: 'DIR', required: true }],
  options: {
    wait: { type: 'string', value: 'SECONDS', help: 'how long to wait for receipts; 60 when left out' },
    json: { type: 'boolean', help: 'print JSON' },
  },
  async run({ args: { operands, options }, cwd, env, stdout, stderr, signal }) {
    const seconds = Number(options.wait ?? '60');
    if (!(seconds > 0)) throw new CommandError(EXIT_USAGE, '--wait takes a number of seconds');
    const { producerKey, redisUrl, stateDatabaseUrl } = AUDIT_SETTINGS;
    const variables = { producerKey, redisUrl, stateDatabaseUrl };
    const settings = readAuditSettings({ cwd, env }, variables, (found) => stateStoreProblems(found, []));
    const dir = resolve(cwd, operands[0] ?? '');
    const report = once((error) => stderr.write(`the queue: ${error instanceof Error ? error.message : 'failed'}\n`));
    const queue = new BullBatchQueue(settings, report);
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
      const adopted = await withProgress(
        { stderr },
        () => 'waiting for the receipts',
        () => adoptJournal({ dir, queue, producerKey: settings.producerKey, report, signal: bounded }),
      );
      if (adopted === undefined) throw new CommandError(EXIT_NO, `${dir} is in use: its process is alive`);
      const { found, left } = adopted;
      stdout.write(
        options.json
          ? `${JSON.stringify({ dir, ...adopted }, null, 2)}\n`
          : `${found - left} of ${found} batches are stored\n`,
      );
      return left === 0 ? 0 : EXIT_NO;
    } finally {
      await queue.close();
    }
  },
});

/** A queue that is away says so many times a second. */
function once(report: (error: unknown) => void): (error: unknown) => void {
  let isFirst = true;
  return (error) => {
    if (isFirst) report(error);
    isFirst = false;
  };
}
