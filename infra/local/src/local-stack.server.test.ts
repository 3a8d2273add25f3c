import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type LocalStack, type LocalStackOptions, startLocalStack } from './local-stack.ts';
import { endLeftoverChildren, recordChildren } from './children-record.ts';
import type { Ports } from './ports.ts';
import { freeStackPorts } from './testing/stack-ports.ts';
import { isListening, type TemporaryFolder, temporaryFolder } from './testing/stack-process.ts';
import { spawnService } from './child-service.ts';
import { MALLOC_ENVIRONMENT } from './node-flags.ts';

let folder: TemporaryFolder;
let dataDir: string;
let ports: Ports;

beforeAll(async () => {
  folder = temporaryFolder();
  chmodSync(folder.path, 0o755);
  dataDir = join(folder.path, 'data');
  ports = await freeStackPorts();
});

afterAll(() => folder.remove());

function start(options: Partial<LocalStackOptions> = {}): Promise<LocalStack> {
  return startLocalStack({
    dataDir,
    ports,
    policyFile: fileURLToPath(new URL('../policy.yaml', import.meta.url)),
    services: () => [],
    ...options,
  });
}

describe('the embedded database', () => {
  let stack: LocalStack;

  beforeAll(async () => {
    stack = await start();
  });

  afterAll(() => stack.stop());

  async function query(sql: string, url = stack.environment.ADMIN_DATABASE_URL): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  test('writes are durable: fsync and full page writes are on', async () => {
    expect(
      await query(
        "SELECT current_setting('fsync') AS a, current_setting('full_page_writes') AS b, current_setting('synchronous_commit') AS c",
      ),
    ).toEqual([{ a: 'on', b: 'on', c: 'on' }]);
  });

  test('the database answers on loopback only, over TCP only, and asks for a scram password', async () => {
    expect(
      await query(
        "SELECT current_setting('listen_addresses') AS a, current_setting('unix_socket_directories') AS b, current_setting('password_encryption') AS c",
      ),
    ).toEqual([{ a: '127.0.0.1', b: '', c: 'scram-sha-256' }]);
    expect(await query('SELECT DISTINCT auth_method FROM pg_hba_file_rules')).toEqual([
      { auth_method: 'scram-sha-256' },
    ]);
    await expect(
      query('SELECT 1', stack.environment.ADMIN_DATABASE_URL.replace(/:[^:@]+@/, ':wrong@')),
    ).rejects.toMatchObject({ code: '28P01' });
  });

  test('warehouse and state are two databases, and the login of the state cannot enter the warehouse', async () => {
    const { STATE_DATABASE_URL, ADMIN_DATABASE_URL } = stack.environment;
    expect(await query('SELECT current_user AS user, current_database() AS db', STATE_DATABASE_URL)).toEqual([
      { user: 'causeway_state', db: 'causeway_state' },
    ]);
    const warehouse = new URL(ADMIN_DATABASE_URL).pathname;
    await expect(query('SELECT 1', STATE_DATABASE_URL.replace(/\/causeway_state$/, warehouse))).rejects.toMatchObject({
      code: '42501',
    });
    expect(
      await query(
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls AS strong FROM pg_roles WHERE rolname = 'causeway_state'",
      ),
    ).toEqual([{ strong: false }]);
  });
});

/** A service that answers on the port of the portal, and ends by SIGTERM unless it is stubborn. */
function service(behaviour = ''): NonNullable<LocalStackOptions['services']> {
  const entry = join(folder.path, 'service.mjs');
  writeFileSync(
    entry,
    `import { createServer } from 'node:http';
     createServer((request, response) => {
       response.end('ok');
       if (request.url === '/die') process.exit(3);
     }).listen(${ports.portal}, '127.0.0.1');
     console.log('own log line', JSON.stringify(process.env));
     ${behaviour}`,
  );
  return () => [{ name: 'portal', entry, env: { ONLY: 'this' }, readyUrl: `http://127.0.0.1:${ports.portal}/` }];
}

describe('services', () => {
  test('a service gets its own settings only, logs to its own file, and ends with the stack', async () => {
    const stack = await start({ services: service() });
    expect(stack.services).toEqual(['portal']);
    expect(await isListening(ports.portal)).toBe(true);
    await stack.stop();
    expect(await isListening(ports.portal)).toBe(false);
    const log = readFileSync(join(dataDir, 'logs', 'portal.log'), 'utf8');
    expect(log.trim()).toBe(`own log line ${JSON.stringify({ ...MALLOC_ENVIRONMENT, ONLY: 'this' })}`);
    expect(existsSync(join(dataDir, 'children.json'))).toBe(false);
  });

  test('a service that dies is reported by name, with its log', async () => {
    const stack = await start({ services: service() });
    await fetch(`http://127.0.0.1:${ports.portal}/die`).catch(() => {});
    const problem = await stack.failed;
    await stack.stop();
    expect(problem.toText()).toContain('portal ended by itself');
    expect(problem.toText()).toContain(join(dataDir, 'logs', 'portal.log'));
  });

  test('a service that dies while it starts fails the start, and nothing stays behind', async () => {
    await expect(start({ services: service('process.exit(1);') })).rejects.toThrow('portal ended by itself');
    for (const name of ['identityProviders', 'partnerApi', 'postgres'] as const) {
      expect(await isListening(ports[name]), name).toBe(false);
    }
    expect(existsSync(join(dataDir, 'lock'))).toBe(false);
  });

  test('a service that will not end is killed at once when the person is in a hurry', async () => {
    const hurry = new AbortController();
    const stack = await start({ services: service(`process.on('SIGTERM', () => {});`), hurry: hurry.signal });
    const began = performance.now();
    const stopped = stack.stop();
    hurry.abort();
    await stopped;
    expect(performance.now() - began).toBeLessThan(25_000);
    expect(await isListening(ports.portal)).toBe(false);
  });

  test('a service that a killed supervisor left is ended by the next start', async () => {
    const [spec] = service()({ dataDir, ports, policyFile: '' }, {} as LocalStack['environment']);
    const leftover = spawnService(spec!, join(folder.path, 'leftover.log'));
    mkdirSync(dataDir, { recursive: true });
    recordChildren(dataDir, [leftover.identity!]);
    expect(await endLeftoverChildren(dataDir)).toBe(1);
    // Node hears of a child's end later than the system.
    await expect.poll(() => leftover.isRunning(), { timeout: 30_000 }).toBe(false);
  });
});
