import { resolve } from 'node:path';

import { auditFoundation } from '@causeway/audit';
import { EXIT_CONFIG, type Secret } from '@causeway/core';
import { readLocalEnvironment } from '@causeway/local/environment';
import { readPorts } from '@causeway/local/ports';
import { StackProblem } from '@causeway/local/stack-problem';
import { optional, postgresUrl, publicUrl, readSettings, secret } from '@causeway/runtime';

import type { CommandContext } from '../command.ts';
import { CommandError } from '../command-error.ts';

const VARIABLES = {
  portal: optional(publicUrl('PORTAL_PUBLIC_URL', { description: 'Says whether this is production.' })),
  mcp: optional(publicUrl('MCP_PUBLIC_URL', { description: 'Says whether this is production.' })),
  adminUrl: optional(postgresUrl('ADMIN_DATABASE_URL', { description: 'The warehouse, as who administers it.' })),
  workerPassword: optional(
    secret('AUDIT_WORKER_PASSWORD', { description: 'The password that causeway_audit_worker is to have.' }),
  ),
  readerPassword: optional(
    secret('AUDIT_READER_PASSWORD', { description: 'The password that causeway_audit_reader is to have.' }),
  ),
  gatewayPassword: optional(
    secret('GATEWAY_PASSWORD', { description: 'The password that causeway_gateway is to have.' }),
  ),
};

type Place = Pick<CommandContext, 'cwd' | 'env'>;

/** The server that is administered: the one of ADMIN_DATABASE_URL, or else the embedded one of this checkout. */
export function readAdminSettings({ cwd, env }: Place) {
  const { adminUrl, deployment, ...passwords } = readSettings(VARIABLES, env);
  const given = passwordsOf(passwords);
  if (adminUrl !== undefined) return { adminUrl: adminUrl.reveal(), ...given };
  if (deployment === 'production') throw new CommandError(EXIT_CONFIG, 'ADMIN_DATABASE_URL is not set');
  const local = localEnvironment({ cwd, env });
  return { adminUrl: local.ADMIN_DATABASE_URL, ...given };
}

type Passwords = Readonly<Record<'gatewayPassword' | 'workerPassword' | 'readerPassword', Secret | undefined>>;

function passwordsOf({ gatewayPassword, workerPassword, readerPassword }: Passwords) {
  return {
    ...(gatewayPassword === undefined ? {} : { gatewayPassword: gatewayPassword.reveal() }),
    foundation: auditFoundation({
      ...(workerPassword === undefined ? {} : { worker: workerPassword.reveal() }),
      ...(readerPassword === undefined ? {} : { reader: readerPassword.reveal() }),
    }),
  };
}

function localEnvironment({ cwd, env }: Place) {
  try {
    return readLocalEnvironment({ dataDir: resolve(cwd, '.causeway'), ports: readPorts(env), policyFile: '' });
  } catch (error) {
    if (!(error instanceof StackProblem)) throw error;
    throw new CommandError(EXIT_CONFIG, `ADMIN_DATABASE_URL is not set, and ${error.message}`, error);
  }
}
