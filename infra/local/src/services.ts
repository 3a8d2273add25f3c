import { fileURLToPath } from 'node:url';

import type { ServiceSpec } from './child-service.ts';
import { databricksEnvironment } from './databricks-environment.ts';
import type { LocalEnvironment, StackPlace } from './local-environment.ts';
import { makeServiceKeys } from './service-keys.ts';

const entryOf = (service: string) =>
  fileURLToPath(new URL(`../../../services/${service}/src/main.ts`, import.meta.url));

/** The services in the order they start; each gets only the settings it needs. */
export function listServices(place: StackPlace, environment: LocalEnvironment): readonly ServiceSpec[] {
  makeServiceKeys(place, environment);
  const workspace = place.platform === 'databricks' ? [databricks(place, environment)] : [];
  return [auditWorker(place, environment), portal(place, environment), ...workspace, mcp(place, environment)];
}

function auditWorker({ ports }: StackPlace, environment: LocalEnvironment): ServiceSpec {
  const listen = `127.0.0.1:${ports.auditWorker}`;
  const { AUDIT_DATABASE_URL, STATE_DATABASE_URL, AUDIT_HEADS_PATH } = environment;
  const { AUDIT_SIGNING_KEY_FILE, AUDIT_PRODUCER_KEY_FILE } = environment;
  return {
    name: 'audit-worker',
    entry: entryOf('audit-worker'),
    env: {
      AUDIT_WORKER_LISTEN: listen,
      AUDIT_DATABASE_URL,
      STATE_DATABASE_URL,
      AUDIT_HEADS_PATH,
      AUDIT_SIGNING_KEY_FILE,
      AUDIT_PRODUCER_KEY_FILE,
    },
    readyUrl: `http://${listen}/readyz`,
  };
}

function portal(place: StackPlace, environment: LocalEnvironment): ServiceSpec {
  const listen = `127.0.0.1:${place.ports.portal}`;
  const { DATABRICKS_HOST } = databricksEnvironment(place);
  const { PORTAL_PUBLIC_URL, PORTAL_KEYS_DIR, PORTAL_COOKIE_KEY_FILE, CAUSEWAY_POLICY } = environment;
  const { STATE_DATABASE_URL, JOURNAL_DIR, AUDIT_PRODUCER_KEY_FILE } = environment;
  return {
    name: 'portal',
    entry: entryOf('portal'),
    env: {
      PORTAL_LISTEN: listen,
      PORTAL_PUBLIC_URL,
      PORTAL_KEYS_DIR,
      PORTAL_COOKIE_KEY_FILE,
      ...(DATABRICKS_HOST !== undefined && { DATABRICKS_HOST }),
      CAUSEWAY_POLICY,
      STATE_DATABASE_URL,
      JOURNAL_DIR,
      AUDIT_PRODUCER_KEY_FILE,
    },
    readyUrl: `http://${listen}/readyz`,
  };
}

/** The workspace that there is none of here: it answers from the governed Postgres. */
function databricks(place: StackPlace, environment: LocalEnvironment): ServiceSpec {
  const listen = `127.0.0.1:${place.ports.databricks}`;
  const { DATABASE_URL, CAUSEWAY_POLICY, PORTAL_PUBLIC_URL, OBO_ISSUER, OBO_AUDIENCE } = environment;
  return {
    name: 'databricks',
    entry: fileURLToPath(new URL('../../../test/databricks/src/main.ts', import.meta.url)),
    env: {
      EMULATOR_LISTEN: listen,
      DATABASE_URL,
      CAUSEWAY_POLICY,
      PORTAL_PUBLIC_URL,
      OBO_ISSUER,
      OBO_AUDIENCE,
      ...databricksEnvironment(place),
    },
    readyUrl: `http://${listen}/.well-known/databricks-config`,
  };
}

function mcp(place: StackPlace, environment: LocalEnvironment): ServiceSpec {
  const listen = `127.0.0.1:${place.ports.mcp}`;
  const { MCP_PUBLIC_URL, PORTAL_PUBLIC_URL, CAUSEWAY_POLICY, PLATFORM, DATABASE_URL } = environment;
  const { PORTAL_CLIENT_KEY_FILE } = environment;
  const { STATE_DATABASE_URL, JOURNAL_DIR, AUDIT_PRODUCER_KEY_FILE, HANDLE_KEY_FILE } = environment;
  const { OBO_LISTEN, OBO_TRUSTED_PROXIES, OBO_ISSUER, OBO_AUDIENCE } = environment;
  return {
    name: 'mcp',
    entry: entryOf('mcp'),
    env: {
      MCP_LISTEN: listen,
      MCP_PUBLIC_URL,
      PORTAL_PUBLIC_URL,
      CAUSEWAY_POLICY,
      PLATFORM,
      ...(PLATFORM === 'databricks' ? { ...databricksEnvironment(place), PORTAL_CLIENT_KEY_FILE } : { DATABASE_URL }),
      STATE_DATABASE_URL,
      JOURNAL_DIR,
      AUDIT_PRODUCER_KEY_FILE,
      HANDLE_KEY_FILE,
      OBO_LISTEN,
      OBO_TRUSTED_PROXIES,
      OBO_ISSUER,
      OBO_AUDIENCE,
    },
    readyUrl: `http://${listen}/readyz`,
  };
}
