import {
  compileDatabricks,
  compilePostgres,
  type PolicyDocument,
  renderDatabricks,
  renderPostgres,
} from '@causeway/policy';

import { defineCommand } from '../command.ts';
import { CommandError, EXIT_USAGE } from '../command-error.ts';
import { policyFile, readPolicy } from './policy-source.ts';

export const policySql = defineCommand({
  name: 'policy sql',
  summary: 'Print the governance SQL of a policy document.',
  details: [
    'Nothing is run. On Postgres causeway db apply does it, and also drops what the policy no longer names.',
    'Without FILE it is the one of CAUSEWAY_POLICY.',
  ],
  operands: [{ name: 'FILE', required: false }],
  options: {
    dialect: { type: 'string', value: 'NAME', required: true, help: 'postgres or databricks' },
    catalog: { type: 'string', value: 'NAME', help: 'the Databricks catalog that the relations are in; default main' },
    json: { type: 'boolean', help: 'print JSON: { dialect, digest, sql }' },
  },
  async run(context) {
    const { args, stdout } = context;
    const { dialect, json } = args.options;
    const write = writerOf(args.options);
    const document = await readPolicy(context, policyFile(context, args.operands[0]));
    const sql = await write(document);
    stdout.write(json ? `${JSON.stringify({ dialect, digest: document.engineDigest, sql }, null, 2)}\n` : sql);
  },
});

interface Options {
  readonly dialect: string;
  readonly catalog: string | undefined;
}

function writerOf({ dialect, catalog }: Options): (document: PolicyDocument) => Promise<string> {
  if (dialect === 'databricks') {
    return async ({ policy, engineDigest: digest }) =>
      renderDatabricks(await compileDatabricks(policy, { catalog: catalog ?? 'main', digest }));
  }
  if (dialect !== 'postgres') {
    throw new CommandError(
      EXIT_USAGE,
      `there is no dialect ${JSON.stringify(dialect)}; there are postgres and databricks`,
    );
  }
  if (catalog !== undefined) throw new CommandError(EXIT_USAGE, '--catalog is for the dialect databricks');
  return async ({ policy, engineDigest }) => renderPostgres(await compilePostgres(policy, { digest: engineDigest }));
}
