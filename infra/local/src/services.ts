import { fileURLToPath } from 'node:url';

import { makeAuditKeys } from './audit-keys.ts';
import type { ServiceSpec } from './child-service.ts';
import type { LocalEnvironment, StackPlace } from './local-environment.ts';

const entryOf = (service: string) =>
  fileURLToPath(new URL(`../../../services/${service}/src/main.ts`, import.meta.url));

/** The services in the order they start; each gets only the settings it needs. */
export function listServices(place: StackPlace, environment: LocalEnvironment): readonly ServiceSpec[] {
  makeAuditKeys(environment);
  return [auditWorker(place, environment)];
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
