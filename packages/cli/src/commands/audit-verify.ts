import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { type HeadKeys, readHeadKeys, readKeysBeside, type VerifyReport, verifyTrail } from '@causeway/audit';

import { type CommandContext, defineCommand } from '../command.ts';
import { CommandError, EXIT_NO } from '../command-error.ts';
import { moment } from './audit-filter.ts';
import { AUDIT_SETTINGS, readAuditSettings } from './audit-settings.ts';
import { WAREHOUSE_SETTINGS, warehouseProblems, withTrail } from './audit-warehouse.ts';

const PROGRESS_ROWS = 100_000;

export const auditVerify = defineCommand({
  name: 'audit verify',
  summary: 'Say whether the audit trail is what was stored, and name the first row that is not.',
  details: [
    'Reads AUDIT_READ_URL, or with PLATFORM=databricks the DATABRICKS_ settings, and AUDIT_HEADS_PATH (a worker’s file, or a folder with the files of all of them).',
    'The keys beside the heads are as safe as the heads are: who keeps the public key elsewhere names it with --key.',
    'Exit code 1: a row was altered, inserted, reordered or is missing, or no signed head vouches for it.',
  ],
  options: {
    since: { type: 'string', value: 'TIME', help: 'begin at the last signed head before 24h ago, or before a moment' },
    key: { type: 'string', value: 'FILE', help: 'public keys to trust: PEM, a JWK, or a JWK Set' },
    json: { type: 'boolean', help: 'print JSON' },
  },
  async run(context) {
    const { options } = context.args;
    const since = options.since === undefined ? undefined : moment(options.since, new Date());
    const settings = settingsOf(context);
    const { headsPath } = settings;
    const keys = await keysOf(context, { file: options.key, headsPath });
    const report = await withTrail(settings, (trail) =>
      verifyTrail({ trail, headsPath, keys, since, onProgress: progress(context) }),
    );
    context.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    return report.ok ? 0 : EXIT_NO;
  },
});

function settingsOf(context: CommandContext<unknown>) {
  const { headsPath } = AUDIT_SETTINGS;
  return readAuditSettings(context, { ...WAREHOUSE_SETTINGS, headsPath }, (found) => warehouseProblems(found, false));
}

export async function keysOf(
  { cwd }: Pick<CommandContext, 'cwd'>,
  { file, headsPath }: { readonly file: string | undefined; readonly headsPath: string },
): Promise<HeadKeys> {
  try {
    return file === undefined
      ? await readKeysBeside(headsPath)
      : await readHeadKeys(await readFile(resolve(cwd, file), 'utf8'));
  } catch (error) {
    const what = file === undefined ? `the signed heads at ${headsPath}, or the keys beside them,` : file;
    throw new CommandError(EXIT_NO, `${what} cannot be read`, error);
  }
}

/** Something to look at while millions of rows are read; only a person wants it. */
export function progress({ stderr }: Pick<CommandContext, 'stderr'>): (rows: number) => void {
  return (rows) => {
    if (rows % PROGRESS_ROWS === 0) stderr.write(`${rows} rows are sound so far\n`);
  };
}

export function reportText({ ok, rows, chains, problems, accepted }: VerifyReport): string {
  const lines = ok
    ? chains.map(({ chain, chainSeq, hash }) => `chain ${chain}: sound up to row ${chainSeq}, hash ${hash}`)
    : problems.map(({ text, ...problem }) => ('chain' in problem ? `chain ${problem.chain}: ${text}` : text));
  const named = accepted.map(
    ({ chain, first, last, by, at, reason }) =>
      `chain ${chain}: rows ${first} to ${last} were signed by no worker; ${by} accepted them at ${at}: ${reason}`,
  );
  return `${[...named, ...lines, ok ? `${rows} rows are what was stored` : 'THE TRAIL IS NOT WHAT WAS STORED'].join('\n')}\n`;
}
