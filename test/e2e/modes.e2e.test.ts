import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestRedis, type TestRedis } from '@causeway/audit/testing';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { runCommand } from './command.ts';
import { requirement } from './requirement.ts';
import { DEMO_POLICY, runService, SERVICES } from './run-service.ts';
import { temporaryFolder } from './temporary-folder.ts';

const PUBLIC = { PORTAL_PUBLIC_URL: 'https://portal.example.com', MCP_PUBLIC_URL: 'https://mcp.example.com' };
const LOCAL = { PORTAL_PUBLIC_URL: 'http://127.0.0.1:8700', MCP_PUBLIC_URL: 'http://127.0.0.1:8701' };
const CANARY = 'canary-2b7d';
const SECRET = `${CANARY}-${'x'.repeat(40)}`;
/** Settings that are whole, but for what a test adds; the one wrong one ends the process before it opens anything. */
const STATE = { STATE_DATABASE_URL: `postgres://state:${CANARY}@127.0.0.1:1/state` };
const WAREHOUSE = { DATABASE_URL: `postgres://gateway:${CANARY}@127.0.0.1:1/warehouse` };
const PORTAL = { ...STATE, PORTAL_COOKIE_KEY: SECRET, JOURNAL_DIR: '/tmp/journal', AUDIT_PRODUCER_KEY: SECRET };
const MCP = { ...STATE, ...WAREHOUSE, HANDLE_KEY: SECRET, JOURNAL_DIR: '/tmp/journal', AUDIT_PRODUCER_KEY: SECRET };
const WRONG = { LOG_LEVEL: 'loud' };

/** What a service says of its settings: its exit code, and the variables with what is wrong with each. */
async function problems(service: (typeof SERVICES)[number], env: Readonly<Record<string, string>>) {
  const { exitCode, stderr } = await runService(service, env);
  expect([service, exitCode, stderr.split('(')[0]]).toEqual([service, 78, 'The settings are not valid ']);
  expect(stderr).not.toContain(CANARY);
  const lines = stderr.trimEnd().split('\n').slice(1);
  expect(stderr).toContain(`(${lines.length}):`);
  return new Map(lines.map((line) => /^ {2}(\S+) (.*)$/.exec(line)?.slice(1) as [string, string]));
}

const LOUD = 'must be one of trace, debug, info, warn, error, fatal, silent';
const ONLY_WRONG = new Map([['LOG_LEVEL', LOUD]]);

let folder: ReturnType<typeof temporaryFolder>;
let redis: TestRedis;
beforeAll(async () => {
  folder = temporaryFolder();
  redis = await startTestRedis();
});
afterAll(async () => {
  await redis?.stop();
  folder?.[Symbol.dispose]();
});

const file = (name: string, text: string) => {
  const path = join(folder.path, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};

describe('local or production', () => {
  requirement('mode-local', 'loopback URLs and none: local; one that is not: production', async () => {
    const local = await Promise.all([
      problems('portal', { ...PORTAL, ...WRONG }),
      problems('portal', { ...PORTAL, ...WRONG, PORTAL_PUBLIC_URL: 'http://localhost:8700' }),
      problems('mcp', { ...MCP, ...WRONG, ...LOCAL }),
    ]);
    expect(local).toEqual(local.map(() => ONLY_WRONG));
    const found = await problems('mcp', {
      ...MCP,
      ...LOCAL,
      ...WRONG,
      PORTAL_PUBLIC_URL: PUBLIC.PORTAL_PUBLIC_URL,
    });
    expect([...found.keys()]).toEqual(expect.arrayContaining(['MCP_PUBLIC_URL', 'HANDLE_KEY', 'LOG_LEVEL']));
  });

  requirement('mode-no-node-env', 'the same problems whatever NODE_ENV is', async () => {
    const local = { ...PORTAL, ...LOCAL, ...WRONG };
    const production = { ...PORTAL, ...PUBLIC, ...WRONG };
    const [asProduction, asDevelopment, without] = await Promise.all([
      problems('portal', { ...local, NODE_ENV: 'production' }),
      problems('portal', { ...production, NODE_ENV: 'development' }),
      problems('portal', production),
    ]);
    expect(asProduction).toEqual(ONLY_WRONG);
    expect(asDevelopment).toEqual(without);
    expect([...without.keys()]).toContain('PORTAL_COOKIE_KEY');
  });

  requirement(
    ['mode-production-own-keys', 'settings-all-at-once', 'settings-exit-78'],
    'without its own keys and state store no service starts in production, and each says all that is missing',
    async () => {
      const missing = 'is not set (or';
      const [portal, mcp, worker] = await Promise.all([
        problems('portal', PUBLIC),
        problems('mcp', PUBLIC),
        problems('audit-worker', PUBLIC),
      ]);
      expect(portal.get('PORTAL_KEYS_DIR')).toBe('is not set; its default is for a local process only');
      expect(portal.get('PORTAL_COOKIE_KEY')).toContain(missing);
      expect(portal.get('REDIS_URL')).toBe('or STATE_DATABASE_URL must be set');
      expect(mcp.get('HANDLE_KEY')).toContain(missing);
      expect(mcp.get('REDIS_URL')).toBe('or STATE_DATABASE_URL must be set');
      expect(worker.get('AUDIT_SIGNING_KEY')).toContain(missing);
      expect(worker.get('REDIS_URL')).toBe('or STATE_DATABASE_URL must be set');
    },
  );

  requirement(
    ['mode-production-plain-secret', 'settings-names-only'],
    'a secret in a plain variable is refused by name, and its value is not shown',
    async () => {
      const fromFile = { ...PORTAL, PORTAL_COOKIE_KEY: '', PORTAL_COOKIE_KEY_FILE: file('cookie-key', SECRET) };
      const [portal, mcp, read] = await Promise.all([
        problems('portal', { ...PORTAL, ...PUBLIC }),
        problems('mcp', { ...MCP, ...PUBLIC }),
        problems('portal', { ...fromFile, ...PUBLIC }),
      ]);
      for (const name of ['PORTAL_COOKIE_KEY', 'STATE_DATABASE_URL', 'AUDIT_PRODUCER_KEY']) {
        expect([name, portal.get(name)]).toEqual([name, expect.stringContaining('holds a secret')]);
      }
      for (const name of ['HANDLE_KEY', 'DATABASE_URL']) {
        expect([name, mcp.get(name)]).toEqual([name, expect.stringContaining('holds a secret')]);
      }
      expect([...read.keys()]).toEqual(expect.not.arrayContaining(['PORTAL_COOKIE_KEY_FILE']));
    },
  );

  requirement('mode-production-causeway-keys', 'keys and secrets of the demo’s folder are refused', async () => {
    const demo = join(folder.path, '.causeway');
    mkdirSync(demo);
    const secret = file('.causeway/key', SECRET);
    const portal = { ...PUBLIC, PORTAL_KEYS_DIR: demo, PORTAL_COOKIE_KEY_FILE: secret };
    const found = await problems('portal', portal);
    expect(found.get('PORTAL_KEYS_DIR')).toContain('.causeway/');
    expect(found.get('PORTAL_COOKIE_KEY_FILE')).toContain('.causeway/');
    expect((await problems('mcp', { ...PUBLIC, HANDLE_KEY_FILE: secret })).get('HANDLE_KEY_FILE')).toContain(
      '.causeway/',
    );
  });

  requirement('mode-production-http', 'public URLs without TLS, or of this machine, are refused', async () => {
    const mixed = { PORTAL_PUBLIC_URL: 'http://portal.example.com', MCP_PUBLIC_URL: LOCAL.MCP_PUBLIC_URL };
    const found = await problems('mcp', { ...MCP, ...mixed });
    expect(found.get('PORTAL_PUBLIC_URL')).toBe('must be an https URL in production');
    expect(found.get('MCP_PUBLIC_URL')).toBe('must not be a loopback URL in production');
  });

  requirement(
    ['mode-production-http', 'mode-production-causeway-keys', 'policy-loopback-private'],
    'a policy with a provider, client or connection of this machine ends the service, which names each line',
    async () => {
      const keys = join(folder.path, 'keys');
      const made = await runCommand(['npx', 'causeway', 'keys', 'create'], { env: { PORTAL_KEYS_DIR: keys } });
      expect(made.exitCode).toBe(0);
      const { exitCode, stderr } = await runService('portal', {
        ...PUBLIC,
        CAUSEWAY_POLICY: DEMO_POLICY,
        PORTAL_LISTEN: '0',
        PORTAL_KEYS_DIR: keys,
        PORTAL_COOKIE_KEY_FILE: file('cookie', SECRET),
        AUDIT_PRODUCER_KEY_FILE: file('producer', randomBytes(32).toString('base64url')),
        JOURNAL_DIR: join(folder.path, 'journal'),
        REDIS_URL: redis.url,
      });
      expect(exitCode).toBe(78);
      for (const [path, problem] of [
        ['providers[0].issuer', 'must be https in production'],
        ['connections.orders.baseUrl', 'is on this machine, which production does not allow'],
        ['clients.demo-agent-host.redirects[0]', 'is on this machine'],
        ['connections.orders.network[0]', '127.0.0.0/8 holds loopback addresses'],
        ['connections.orders.credentialFile', 'lies under .causeway/'],
      ] as const) {
        const line = stderr.split('\n').find((one) => one.includes(` ${path}: ${problem}`));
        expect([path, line]).toEqual([path, expect.stringMatching(/policy\.yaml:\d+:\d+: error: /)]);
      }
    },
  );
});

describe('settings', () => {
  requirement(
    ['settings-all-at-once', 'settings-names-only', 'settings-exit-78', 'error-table'],
    'every wrong variable is named in one run, and no value is',
    async () => {
      const found = await problems('mcp', {
        ...MCP,
        MCP_LISTEN: `${CANARY}:x`,
        PORTAL_PUBLIC_URL: `ftp://${CANARY}`,
        TRUSTED_PROXIES: CANARY,
        LOG_LEVEL: CANARY,
        PLATFORM: CANARY,
        OTEL_EXPORTER_OTLP_ENDPOINT: CANARY,
      });
      const names = ['MCP_LISTEN', 'PORTAL_PUBLIC_URL', 'TRUSTED_PROXIES', 'LOG_LEVEL', 'PLATFORM'];
      expect([...found.keys()]).toEqual(expect.arrayContaining([...names, 'OTEL_EXPORTER_OTLP_ENDPOINT']));
    },
  );

  requirement('settings-admin-url-unused', 'no service looks at ADMIN_DATABASE_URL, right or wrong', async () => {
    const worker = { ...STATE, AUDIT_DATABASE_URL: WAREHOUSE.DATABASE_URL };
    const keys = { AUDIT_SIGNING_KEY: SECRET, AUDIT_PRODUCER_KEY: SECRET };
    const whole = { portal: PORTAL, mcp: MCP, 'audit-worker': { ...worker, ...keys } };
    for (const service of SERVICES) {
      const admin = { ADMIN_DATABASE_URL: CANARY, ADMIN_DATABASE_URL_FILE: '/nowhere' };
      expect(await problems(service, { ...whole[service], ...WRONG, ...admin })).toEqual(ONLY_WRONG);
    }
  });

  requirement('settings-state-not-warehouse', 'the warehouse is no place for state, whoever logs in', async () => {
    const shared = { STATE_DATABASE_URL: 'postgres://somebody:else@127.0.0.1:1/warehouse' };
    const problem = new Map([['STATE_DATABASE_URL', 'must not be the warehouse database']]);
    expect(await problems('mcp', { ...MCP, ...shared })).toEqual(problem);
    const worker = {
      AUDIT_DATABASE_URL: WAREHOUSE.DATABASE_URL,
      AUDIT_SIGNING_KEY: SECRET,
      AUDIT_PRODUCER_KEY: SECRET,
    };
    expect(await problems('audit-worker', { ...worker, ...shared })).toEqual(problem);
  });

  requirement('settings-tls-verified', 'off loopback a database is verified and Redis is TLS', async () => {
    const far = 'postgres://gateway@db.example.com/warehouse';
    const refused = 'must carry sslmode=verify-full, because its host is not loopback';
    for (const mode of ['', '?sslmode=require', '?sslmode=verify-ca']) {
      expect((await problems('mcp', { ...MCP, DATABASE_URL: far + mode })).get('DATABASE_URL')).toBe(refused);
    }
    const verified = { ...MCP, ...WRONG, DATABASE_URL: `${far}?sslmode=verify-full` };
    expect(await problems('mcp', verified)).toEqual(ONLY_WRONG);
    const { STATE_DATABASE_URL: _, ...rest } = verified;
    const plain = await problems('mcp', { ...rest, REDIS_URL: 'redis://redis.example.com' });
    expect(plain.get('REDIS_URL')).toBe('must be a rediss:// URL, because its host is not loopback');
    expect(await problems('mcp', { ...rest, REDIS_URL: 'rediss://redis.example.com' })).toEqual(ONLY_WRONG);
  });
});
