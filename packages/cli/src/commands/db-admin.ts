import { resolve } from 'node:path';

import { readLocalEnvironment } from '@causeway/local/environment';
import { readPorts } from '@causeway/local/ports';
import { StackProblem } from '@causeway/local/stack-problem';
import { optional, postgresUrl, publicUrl, readSettings, secret } from '@causeway/runtime';

import type { CommandContext } from '../command.ts';
import { CommandError, EXIT_NO } from '../command-error.ts';

const VARIABLES = {
  portal: optional(publicUrl('PORTAL_PUBLIC_URL', { description: 'Says whether this is production.' })),
  mcp: optional(publicUrl('MCP_PUBLIC_URL', { description: 'Says whether this is production.' })),
  adminUrl: optional(postgresUrl('ADMIN_DATABASE_URL', { description: 'The warehouse, as who administers it.' })),
  gatewayPassword: optional(
    secret('GATEWAY_PASSWORD', { description: 'The password that causeway_gateway is to have.' }),
  ),
};

type Place = Pick<CommandContext, 'cwd' | 'env'>;

/** The server that is administered: the one of ADMIN_DATABASE_URL, or else the embedded one of this checkout. */
export function readAdminSettings({ cwd, env }: Place) {
  const { adminUrl, gatewayPassword, deployment } = readSettings(VARIABLES, env);
  const password = gatewayPassword === undefined ? {} : { gatewayPassword: gatewayPassword.reveal() };
  if (adminUrl !== undefined) return { adminUrl: adminUrl.reveal(), ...password };
  if (deployment === 'production') throw new CommandError(EXIT_NO, 'ADMIN_DATABASE_URL is not set');
  const local = localEnvironment({ cwd, env });
  return { adminUrl: local.ADMIN_DATABASE_URL, ...password };
}

function localEnvironment({ cwd, env }: Place) {
  try {
    return readLocalEnvironment({ dataDir: resolve(cwd, '.causeway'), ports: readPorts(env), policyFile: '' });
  } catch (error) {
    if (!(error instanceof StackProblem)) throw error;
    throw new CommandError(EXIT_NO, `ADMIN_DATABASE_URL is not set, and ${error.message}`, error);
  }
}
