import { auditVariables } from '@causeway/audit';
import type { Secret } from '@causeway/core';
import {
  type Environment,
  keyPath,
  optional,
  path,
  publicUrl,
  readSettings,
  secret,
  type SettingProblem,
  type Settings,
  serviceVariables,
  stateStoreProblems,
  stateStoreVariables,
  telemetryProblems,
  telemetryVariables,
  url,
} from '@causeway/runtime';

export const PORTAL_VARIABLES = {
  ...serviceVariables('PORTAL_LISTEN', 8700),
  ...telemetryVariables(),
  publicUrl: publicUrl('PORTAL_PUBLIC_URL', {
    description: 'Where clients and browsers reach the portal: its issuer.',
    localDefault: 'http://127.0.0.1:8700',
  }),
  policy: path('CAUSEWAY_POLICY', {
    description: 'The policy document.',
    localDefault: 'infra/local/policy.yaml',
  }),
  keysDir: keyPath('PORTAL_KEYS_DIR', {
    description: 'Folder with the signing keys, shared by all replicas. `causeway keys rotate` rotates them.',
    localDefault: '.causeway/portal',
  }),
  cookieKey: secret('PORTAL_COOKIE_KEY', {
    description: 'At least 32 characters; what cookies, forms and kept provider tokens are sealed with.',
  }),
  previousCookieKey: optional(
    secret('PORTAL_COOKIE_KEY_PREVIOUS', { description: 'The key before, accepted while it is being replaced.' }),
  ),
  databricksHost: optional(
    url('DATABRICKS_HOST', { description: 'The workspace whose token endpoint platform assertions are for.' }),
  ),
  ...stateStoreVariables(),
  ...auditVariables(),
};

export type PortalSettings = Settings<typeof PORTAL_VARIABLES>;

/** Throws `config_invalid` with everything that is wrong at once. */
export const readPortalSettings = (environment: Environment): PortalSettings =>
  readSettings(PORTAL_VARIABLES, environment, (settings) => [
    ...stateStoreProblems(settings, []),
    ...telemetryProblems(settings),
    ...keyProblems('PORTAL_COOKIE_KEY', settings.cookieKey),
    ...keyProblems('PORTAL_COOKIE_KEY_PREVIOUS', settings.previousCookieKey),
  ]);

const KEY_CHARACTERS_MIN = 32;

function keyProblems(variable: string, key: Secret | undefined): SettingProblem[] {
  const isShort = key !== undefined && key.reveal().length < KEY_CHARACTERS_MIN;
  return isShort ? [{ variable, problem: `must have at least ${KEY_CHARACTERS_MIN} characters` }] : [];
}
