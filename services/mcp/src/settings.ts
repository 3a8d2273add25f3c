import { auditVariables } from '@causeway/audit';
import {
  type Environment,
  listenAddress,
  networks,
  networkSetting,
  oneOf,
  optional,
  path,
  postgresUrl,
  publicUrl,
  readSettings,
  secret,
  type SettingProblem,
  type SettingRule,
  type Settings,
  serviceVariables,
  stateStoreProblems,
  stateStoreVariables,
  telemetryProblems,
  telemetryVariables,
  text,
  url,
} from '@causeway/runtime';
import { DATABRICKS_VARIABLES, databricksProblems } from './databricks-settings.ts';

export const MCP_VARIABLES = {
  ...serviceVariables('MCP_LISTEN', 8701),
  ...telemetryVariables(),
  ...stateStoreVariables(),
  ...auditVariables(),
  handleKey: secret('HANDLE_KEY', {
    description: 'Keys of conversation handles: `id:key` on each line, the newest first; 32 bytes in base64url.',
  }),
  mcpPublicUrl: publicUrl('MCP_PUBLIC_URL', {
    description: 'Where clients reach this service.',
    localDefault: 'http://127.0.0.1:8701',
  }),
  portalPublicUrl: publicUrl('PORTAL_PUBLIC_URL', {
    description: 'The portal: issuer of the tokens that are accepted here.',
    localDefault: 'http://127.0.0.1:8700',
  }),
  portalNetwork: optional(
    networkSetting(
      'PORTAL_NETWORK',
      'Where the portal’s address may be. Without it: loopback for a local process, `public` in production.',
    ),
  ),
  policy: path('CAUSEWAY_POLICY', { description: 'The policy document.', localDefault: 'infra/local/policy.yaml' }),
  platform: oneOf('PLATFORM', ['postgres', 'databricks'], {
    description: 'The governed data platform.',
    default: 'postgres',
  }),
  databaseUrl: optional(
    postgresUrl('DATABASE_URL', {
      description: 'The warehouse, as the gateway’s login. `PLATFORM=postgres` needs it.',
    }),
  ),
  ...DATABRICKS_VARIABLES,
  oboListen: optional(
    listenAddress('OBO_LISTEN', { description: 'Where the on-behalf-of listener listens. Without it there is none.' }),
  ),
  oboTrustedProxies: optional(
    networks('OBO_TRUSTED_PROXIES', { description: 'Whose X-Forwarded-Access-Token is believed there.' }),
  ),
  oboIssuer: optional(url('OBO_ISSUER', { description: 'Issuer of the platform’s own user tokens.' })),
  oboAudience: optional(text('OBO_AUDIENCE', { description: 'What their `aud` must be or contain.' })),
};

export type McpSettings = Settings<typeof MCP_VARIABLES>;

export const readMcpSettings = (environment: Environment): McpSettings =>
  readSettings(MCP_VARIABLES, environment, settingProblems);

const settingProblems: SettingRule<typeof MCP_VARIABLES> = (settings) => [
  ...stateStoreProblems(settings, [settings.databaseUrl]),
  ...platformProblems(settings),
  ...oboProblems(settings),
  ...telemetryProblems(settings),
];

/** The platform's own settings are whole; those of another one are nobody's business. */
function platformProblems(settings: Partial<McpSettings>): SettingProblem[] {
  if (settings.platform === 'databricks') return databricksProblems(settings);
  const isMissing = settings.platform === 'postgres' && 'databaseUrl' in settings && settings.databaseUrl === undefined;
  return isMissing ? [{ variable: 'DATABASE_URL', problem: 'is not set (or DATABASE_URL_FILE)' }] : [];
}

/** The listener is whole or not there: without one of these it would believe nobody, or anybody. */
function oboProblems({ oboListen, ...obo }: Partial<McpSettings>): SettingProblem[] {
  if (oboListen === undefined) return [];
  const needed = {
    OBO_TRUSTED_PROXIES: obo.oboTrustedProxies,
    OBO_ISSUER: obo.oboIssuer,
    OBO_AUDIENCE: obo.oboAudience,
  };
  return Object.entries(needed).flatMap(([variable, value]) =>
    value === undefined ? [{ variable, problem: 'must be set beside OBO_LISTEN' }] : [],
  );
}
