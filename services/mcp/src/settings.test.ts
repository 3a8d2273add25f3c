import { AppError } from '@causeway/core';
import { describe, expect, test } from 'vitest';
import { readMcpSettings } from './settings.ts';

const LOCAL = {
  CAUSEWAY_POLICY: 'policy.yaml',
  DATABASE_URL: 'postgresql://gateway:hunter2@127.0.0.1:5432/warehouse',
  STATE_DATABASE_URL: 'postgresql://state:hunter2@127.0.0.1:5432/state',
  JOURNAL_DIR: 'journal',
  AUDIT_PRODUCER_KEY: 'k'.repeat(43),
  HANDLE_KEY: `k1:${'A'.repeat(43)}`,
};

const OBO = {
  OBO_LISTEN: '8703',
  OBO_TRUSTED_PROXIES: '127.0.0.1/32',
  OBO_ISSUER: 'http://127.0.0.1:8710/workspace',
  OBO_AUDIENCE: 'x',
};

function problems(environment: Record<string, string>): string {
  try {
    readMcpSettings(environment);
    return '';
  } catch (error) {
    return error instanceof AppError ? error.message : String(error);
  }
}

test('a local process needs little, and has the contract’s addresses', () => {
  expect(readMcpSettings(LOCAL)).toMatchObject({
    deployment: 'local',
    mcpPublicUrl: 'http://127.0.0.1:8701',
    portalPublicUrl: 'http://127.0.0.1:8700',
    listen: { host: '127.0.0.1', port: 8701 },
    oboListen: undefined,
  });
});

test.each(['OBO_TRUSTED_PROXIES', 'OBO_ISSUER', 'OBO_AUDIENCE'])(
  'the on-behalf-of listener is whole or not there: without %s',
  (name) => {
    expect(problems({ ...LOCAL, ...OBO })).toBe('');
    expect(problems({ ...LOCAL, ...OBO, [name]: '' })).toContain(`${name} must be set beside OBO_LISTEN`);
  },
);

test('the state is not kept in the warehouse', () => {
  expect(problems({ ...LOCAL, STATE_DATABASE_URL: LOCAL.DATABASE_URL })).toContain('STATE_DATABASE_URL must not be');
});

test('production takes no plain secret and no loopback address, and every problem is told at once, without a value', () => {
  const text = problems({ ...LOCAL, ...OBO, MCP_PUBLIC_URL: 'https://mcp.example' });
  for (const name of [
    'DATABASE_URL',
    'STATE_DATABASE_URL',
    'HANDLE_KEY',
    'AUDIT_PRODUCER_KEY',
    'OBO_ISSUER',
    'PORTAL_PUBLIC_URL',
  ]) {
    expect(text).toContain(`  ${name} `);
  }
  expect(text).not.toMatch(/hunter2|AAAA/);
});

test.each([
  ['public', 'public'],
  ['10.0.0.0/8, ::1/128', ['10.0.0.0/8', '::1/128']],
])('where the portal may be: %s', (written, network) => {
  expect(readMcpSettings({ ...LOCAL, PORTAL_NETWORK: written }).portalNetwork).toEqual(network);
});

test('a network that is none is refused', () => {
  expect(problems({ ...LOCAL, PORTAL_NETWORK: 'anywhere' })).toContain('PORTAL_NETWORK must be');
});

describe('each platform needs its own settings, and no others', () => {
  const { DATABASE_URL: _, ...COMMON } = LOCAL;
  const DATABRICKS = {
    ...COMMON,
    PLATFORM: 'databricks',
    DATABRICKS_HOST: 'https://dbc-1.cloud.databricks.com',
    DATABRICKS_WAREHOUSE_ID: 'w',
    PORTAL_CLIENT_KEY: '{}',
  };

  test('Postgres its database', () => {
    expect(problems(COMMON)).toContain('DATABASE_URL is not set');
  });

  test('Databricks its workspace', () => {
    expect(problems(DATABRICKS)).toBe('');
    const { deployment, databricksCatalog, databricksConnections } = readMcpSettings(DATABRICKS);
    expect({ deployment, databricksCatalog, databricksConnections }).toEqual({
      deployment: 'local',
      databricksCatalog: 'main',
      databricksConnections: 'proxy',
    });
  });

  test.each(['DATABRICKS_HOST', 'DATABRICKS_WAREHOUSE_ID', 'PORTAL_CLIENT_KEY'])('without %s', (name) => {
    expect(problems({ ...DATABRICKS, [name]: '' })).toContain(`  ${name} is not set`);
  });

  test('all of them are told at once', () => {
    const text = problems({ ...COMMON, PLATFORM: 'databricks', DATABRICKS_SEARCH_ENDPOINT: 'e' });
    for (const name of ['HOST', 'WAREHOUSE_ID', 'WORKSPACE_ID', 'SEARCH_INDEX'])
      expect(text).toContain(`  DATABRICKS_${name} is not set`);
    expect(text).toContain('  PORTAL_CLIENT_KEY is not set');
  });

  test('a process for the workspace’s own people alone speaks for nobody', () => {
    expect(problems({ ...DATABRICKS, ...OBO, PORTAL_CLIENT_KEY: '' })).toBe('');
  });

  test('the host may come without a scheme, as Databricks Apps give it', () => {
    const { databricksHost } = readMcpSettings({ ...DATABRICKS, DATABRICKS_HOST: 'dbc-1.cloud.databricks.com' });
    expect(databricksHost).toBe('https://dbc-1.cloud.databricks.com');
    expect(problems({ ...DATABRICKS, DATABRICKS_HOST: 'https://user:p@x.example' })).toContain(
      'DATABRICKS_HOST must be',
    );
  });
});
