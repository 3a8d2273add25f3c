import { checkpointsPath, createHeadSigner, HeadsFile, verifyTrail } from '@causeway/audit';

import { type CommandContext, defineCommand } from '../command.ts';
import { EXIT_NO } from '../command-error.ts';
import { withProgress } from '../with-progress.ts';
import { AUDIT_SETTINGS, readAuditSettings } from './audit-settings.ts';
import { retainIn, WAREHOUSE_SETTINGS, warehouseProblems, withTrail } from './audit-warehouse.ts';
import { keysOf, progress, reportText } from './audit-verify.ts';
import { policyFile, readPolicy } from './policy-source.ts';

export const auditRetain = defineCommand({
  name: 'audit retain',
  summary: 'Drop the months of the audit trail that the policy (retention.auditMonths) does not keep.',
  details: [
    'Verifies the trail first, and drops nothing when it is not sound. What is dropped is put into a signed checkpoint beside the heads, so that verify holds across it.',
    'Reads ADMIN_DATABASE_URL and AUDIT_READ_URL (or with PLATFORM=databricks the DATABRICKS_ settings, of who owns the tables), AUDIT_HEADS_PATH and AUDIT_SIGNING_KEY_FILE.',
  ],
  options: {
    policy: { type: 'string', value: 'FILE', help: 'the policy document, instead of CAUSEWAY_POLICY' },
    key: { type: 'string', value: 'FILE', help: 'public keys to trust, as for audit verify' },
    'dry-run': { type: 'boolean', help: 'say what would be dropped, and do nothing' },
    json: { type: 'boolean', help: 'print JSON' },
  },
  async run(context) {
    const { options } = context.args;
    const { policy } = await readPolicy(context, policyFile(context, options.policy));
    const settings = settingsOf(context);
    const { headsPath, signingKey } = settings;
    const keys = await keysOf(context, { file: options.key, headsPath });
    const verified = await withTrail(settings, (trail) =>
      verifyTrail({ trail, headsPath, keys, onProgress: progress(context) }),
    );
    if (!verified.ok) {
      context.stderr.write(`${reportText(verified)}nothing was dropped\n`);
      return EXIT_NO;
    }
    const path = await checkpointsPath(headsPath);
    const checkpoints = new HeadsFile({ path, signer: await createHeadSigner(signingKey.reveal()) });
    const retention: Parameters<typeof retainIn>[1] = {
      months: policy.retention.auditMonths,
      dryRun: options['dry-run'],
      keepCheckpoint: async (checkpoint) => {
        await checkpoints.prepare();
        await checkpoints.writeCheckpoint(checkpoint);
      },
    };
    const report = await withProgress(
      context,
      () => 'old months are being dropped',
      () => retainIn(settings, retention),
    );
    const verb = options['dry-run'] ? 'would be dropped' : 'dropped';
    const what =
      report.dropped.length === 0
        ? 'nothing'
        : report.dropped.map((name) => name.slice(-7).replace('_', '-')).join(', ');
    context.stdout.write(
      options.json ? `${JSON.stringify(report, null, 2)}\n` : `${what} ${verb}: ${report.rows} rows\n`,
    );
  },
});

function settingsOf(context: CommandContext<unknown>) {
  const { headsPath, signingKey } = AUDIT_SETTINGS;
  const variables = { ...WAREHOUSE_SETTINGS, headsPath, signingKey };
  return readAuditSettings(context, variables, (found) => warehouseProblems(found, true));
}
