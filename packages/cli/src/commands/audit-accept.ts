import { acceptRows, checkpointsPath, createHeadSigner, HeadsFile, verifyTrail } from '@causeway/audit';

import { type CommandContext, defineCommand } from '../command.ts';
import { CommandError, EXIT_USAGE } from '../command-error.ts';
import { AUDIT_SETTINGS, readAuditSettings } from './audit-settings.ts';
import { keysOf, progress } from './audit-verify.ts';
import { WAREHOUSE_SETTINGS, warehouseProblems, withTrail } from './audit-warehouse.ts';

export const auditAccept = defineCommand({
  name: 'audit accept',
  summary: 'Sign that rows which no worker signed are taken as they are; audit verify goes on naming them.',
  details: [
    'For rows that verify calls foreign, after somebody found out why: heads were lost, or someone appended them. Nothing is accepted while anything else is wrong.',
    'Reads what audit verify reads, and AUDIT_SIGNING_KEY_FILE. What is accepted stands, with name and reason, in a signed checkpoint beside the heads.',
  ],
  options: {
    by: { type: 'string', value: 'NAME', help: 'who accepts them (required)' },
    reason: { type: 'string', value: 'TEXT', help: 'why (required)' },
    key: { type: 'string', value: 'FILE', help: 'public keys to trust, as for audit verify' },
    json: { type: 'boolean', help: 'print JSON' },
  },
  async run(context) {
    const { by = '', reason = '', key, json } = context.args.options;
    if (by === '' || reason === '') throw new CommandError(EXIT_USAGE, 'audit accept needs --by and --reason');
    const settings = settingsOf(context);
    const { headsPath, signingKey } = settings;
    const keys = await keysOf(context, { file: key, headsPath });
    const report = await withTrail(settings, (trail) =>
      verifyTrail({ trail, headsPath, keys, onProgress: progress(context) }),
    );
    const checkpoints = new HeadsFile({
      path: await checkpointsPath(headsPath),
      signer: await createHeadSigner(signingKey.reveal()),
    });
    const accepted = await acceptRows({
      report,
      by,
      reason,
      keepCheckpoint: async (checkpoint) => {
        await checkpoints.prepare();
        await checkpoints.writeCheckpoint(checkpoint);
      },
    });
    const lines = accepted.map(({ chain, first, last }) => `chain ${chain}: rows ${first} to ${last} are accepted`);
    const text = lines.length === 0 ? 'there is nothing to accept' : lines.join('\n');
    context.stdout.write(`${json ? JSON.stringify(accepted, null, 2) : text}\n`);
  },
});

function settingsOf(context: CommandContext<unknown>) {
  const { headsPath, signingKey } = AUDIT_SETTINGS;
  const variables = { ...WAREHOUSE_SETTINGS, headsPath, signingKey };
  return readAuditSettings(context, variables, (found) => warehouseProblems(found, false));
}
