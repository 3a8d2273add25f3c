import { AppError, EXIT_CONFIG } from '@causeway/core';
import { applyGovernance, type ApplyReport, type GovernanceAction } from '@causeway/platform';

import { defineCommand } from '../command.ts';
import { CommandError, EXIT_NO } from '../command-error.ts';
import { withProgress } from '../with-progress.ts';
import { readAdminSettings } from './db-admin.ts';
import { policyFile, readPolicy } from './policy-source.ts';

export const dbApply = defineCommand({
  name: 'db apply',
  summary: 'Make the database enforce the policy: roles, rows, masks, grants. All of it, or nothing.',
  details: [
    'Reads ADMIN_DATABASE_URL (or ADMIN_DATABASE_URL_FILE); without it, the embedded database of this checkout.',
    'GATEWAY_PASSWORD_FILE: the password of the login causeway_gateway. It is never shown, and the server gets only its verifier.',
    'AUDIT_WORKER_PASSWORD_FILE, AUDIT_READER_PASSWORD_FILE: the same for causeway_audit_worker and causeway_audit_reader.',
    'Exit code 1: applied, but the owner of a table must still grant something, which is printed.',
  ],
  options: {
    policy: { type: 'string', value: 'FILE', help: 'the policy document, instead of CAUSEWAY_POLICY' },
    'dry-run': { type: 'boolean', help: 'say what would be done, and do nothing' },
    'grant-sources': { type: 'boolean', help: 'also grant what the views need on tables that Causeway did not create' },
    json: { type: 'boolean', help: 'print JSON' },
  },
  async run(context) {
    const { options } = context.args;
    const policy = await readPolicy(context, policyFile(context, options.policy));
    const dryRun = options['dry-run'];
    const work = { ...readAdminSettings(context), policy, dryRun, grantSources: options['grant-sources'] };
    const report = await withProgress(
      context,
      () => 'the policy is being applied',
      () => applyGovernance(work),
    ).catch((error: unknown) => Promise.reject(explain(error, (line) => context.stderr.write(`${line}\n`))));
    context.stdout.write(options.json ? `${JSON.stringify({ dryRun, ...report }, null, 2)}\n` : asText(report, dryRun));
    return report.pending.length === 0 ? 0 : EXIT_NO;
  },
});

/** Several problems are several lines. */
function explain(error: unknown, print: (line: string) => void): unknown {
  if (!(error instanceof AppError)) return error;
  const [first = '', ...problems] = error.message.split('\n');
  for (const problem of problems) print(problem);
  return new CommandError(error.code === 'config_invalid' ? EXIT_CONFIG : EXIT_NO, first.replace(/:$/, ''), error);
}

function asText({ actions, pending }: ApplyReport, dryRun: boolean): string {
  const done = actions.length === 0 ? ['nothing to do'] : actions.map(({ verb, what }) => `${verb.padEnd(6)} ${what}`);
  const detail = dryRun ? ['', 'Nothing was changed. The statements:', ...statementsOf(actions)] : [];
  const owed =
    pending.length === 0 ? [] : ['', 'The owners of these tables must still grant:', ...statementsOf(pending)];
  return `${[...done, ...(actions.length === 0 ? [] : detail), ...owed].join('\n')}\n`;
}

/** Each once: two tables of one schema need the same USAGE. */
const statementsOf = (actions: readonly GovernanceAction[]) => [
  ...new Set(actions.flatMap(({ statements }) => statements.map((statement) => `${statement};`))),
];
