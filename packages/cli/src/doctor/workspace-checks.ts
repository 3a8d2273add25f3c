import { AppError, type Secret } from '@causeway/core';
import { openMachineSql } from '@causeway/platform';
import { isLoopbackHost, LOOPBACK_NETWORK, type NetworkRule } from '@causeway/runtime';

import { ask, json } from './ask.ts';
import { codeOf, type DoctorCheck, notChecked, ok, type Verdict, wrong } from './doctor-check.ts';
import { clockVerdict } from './outside-checks.ts';

export interface WorkspacePlace {
  readonly databricksHost: string | undefined;
  readonly databricksNetwork: NetworkRule | undefined;
  readonly databricksWarehouseId: string | undefined;
  readonly databricksClientId: string | undefined;
  readonly databricksClientSecret: Secret | undefined;
}

/** The workspace, as far as somebody may ask who is none of its roles: whether it can be found, and whether it knows the audit worker. No statement is run. */
export function workspaceChecks(place: WorkspacePlace): DoctorCheck[] {
  return [
    { name: 'workspace: tokens', run: (signal) => checkDiscovery(place, signal) },
    { name: 'workspace: audit worker', run: () => checkWorker(place) },
  ];
}

async function checkDiscovery({ databricksHost }: WorkspacePlace, signal: AbortSignal): Promise<Verdict> {
  if (databricksHost === undefined) return notChecked('DATABRICKS_HOST is not set');
  const { origin } = new URL(databricksHost);
  const answer = await ask(`${origin}/oidc/.well-known/oauth-authorization-server`, { signal });
  const { token_endpoint: endpoint } = json(answer);
  if (answer.status !== 200 || typeof endpoint !== 'string') {
    return wrong(
      `there is no workspace at DATABRICKS_HOST (${answer.status})`,
      'no tool can be called, and no event of the audit trail be stored',
      'give the address of the workspace itself, without a path; not that of the account',
    );
  }
  if (!endpoint.startsWith(`${origin}/`)) {
    return wrong(
      'its discovery names a token endpoint on another host',
      'the services send no proof there, so every call is refused with `exchange_denied`',
      'give DATABRICKS_HOST the address that the workspace names for itself',
    );
  }
  const clock = clockVerdict(answer.skewMs);
  return clock.status === 'wrong' ? clock : ok('it answers, and gives its tokens out itself');
}

async function checkWorker(place: WorkspacePlace): Promise<Verdict> {
  const { databricksHost: host, databricksNetwork: network } = place;
  const { databricksClientId: clientId, databricksClientSecret: clientSecret } = place;
  if (host === undefined || clientId === undefined || clientSecret === undefined) {
    return notChecked('DATABRICKS_HOST, DATABRICKS_CLIENT_ID or DATABRICKS_CLIENT_SECRET_FILE is not set');
  }
  const { origin, hostname } = new URL(host);
  const machine = openMachineSql({
    name: 'causeway-doctor',
    host: origin,
    network: network ?? (isLoopbackHost(hostname) ? LOOPBACK_NETWORK : 'public'),
    warehouseId: place.databricksWarehouseId ?? '',
    clientId,
    clientSecret,
  });
  try {
    await machine.ping();
    return ok('the workspace takes its credential; whether it may write shows in `audit worker`');
  } catch (error) {
    return wrong(
      `the workspace gives it no token (${error instanceof AppError ? error.code : codeOf(error)})`,
      'events wait in the journals of the services; nothing is lost, and nobody can read them yet',
      'look whether the secret of DATABRICKS_CLIENT_ID has ended, and whether it is a service principal of this workspace',
    );
  } finally {
    await machine.close();
  }
}
