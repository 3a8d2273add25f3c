import { parseArgs } from 'node:util';

import type { PlatformName } from './local-environment.ts';
import { StackProblem } from './stack-problem.ts';

export interface CommandLine {
  readonly help: boolean;
  readonly policy: string | undefined;
  readonly dataDir: string | undefined;
  readonly platform: PlatformName;
}

export const USAGE = `npm start -- [options]

  --policy FILE            the access policy (default infra/local/policy.yaml)
  --platform NAME          the governed platform: postgres (default), or databricks, an emulated workspace
  --data-dir DIR           where data and keys are kept (default .causeway)
  --help                   this page

Ports are set by CAUSEWAY_PORT_PORTAL, _MCP, _AUDIT_WORKER, _OBO, _IDP, _PARTNER_API, _DATABRICKS and _POSTGRES.`;

export function parseCommandLine(args: readonly string[]): CommandLine {
  const { policy, platform = 'postgres', help, 'data-dir': dataDir } = parseOptions(args);
  if (platform !== 'postgres' && platform !== 'databricks') {
    throw new StackProblem('`--platform` is `postgres` or `databricks`', ['`npm start -- --help` lists the options.']);
  }
  return { help: help ?? false, policy, dataDir, platform };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        policy: { type: 'string' },
        platform: { type: 'string' },
        'data-dir': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('. ')[0] ?? '') : '';
    throw new StackProblem(reason, ['`npm start -- --help` lists the options.'], error);
  }
}
