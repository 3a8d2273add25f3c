import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { localEnvironment } from './local-environment.ts';
import { findPasswords, keepPasswords, makePasswords } from './passwords.ts';
import type { Ports } from './ports.ts';
import { parsePasswd } from './postgres/account.ts';
import { identityOf, isStillRunning } from './running-process.ts';
import {
  isListening,
  runStack,
  type StackProcess,
  type TemporaryFolder,
  temporaryFolder,
} from './testing/stack-process.ts';
import { freeStackPorts } from './testing/stack-ports.ts';

const OPEN = ['identityProviders', 'partnerApi', 'postgres'] as const;
const asRoot = process.getuid?.() === 0;

/** A data folder after a first start, copied by the tests that are not about the first start. */
let template: TemporaryFolder;
let folder: TemporaryFolder;
let dataDir: string;
let ports: Ports;
let running: StackProcess[];
let firstOutput: string;

beforeAll(async () => {
  template = temporaryFolder();
  chmodSync(template.path, 0o755);
  dataDir = join(template.path, 'data');
  ports = await freeStackPorts();
  const stack = runStack({ dataDir, ports });
  await stack.waitFor('\nready ');
  await query("CREATE TABLE kept AS SELECT 'still here' AS text");
  firstOutput = (await stack.end()).output;
});

afterAll(() => template.remove());

function useTemplate(): void {
  execFileSync('cp', ['-a', join(template.path, 'data'), dataDir]);
}

beforeEach(async () => {
  folder = temporaryFolder();
  chmodSync(folder.path, 0o755);
  dataDir = join(folder.path, 'data');
  ports = await freeStackPorts();
  running = [];
});

afterEach(async () => {
  for (const stack of running) if (stack.child.exitCode === null && stack.child.signalCode === null) await stack.end();
  folder.remove();
});

function start(options: Partial<Parameters<typeof runStack>[0]> = {}): StackProcess {
  const stack = runStack({ dataDir, ports, ...options });
  running.push(stack);
  return stack;
}

async function startReady(options: Parameters<typeof start>[0] = {}): Promise<StackProcess> {
  const stack = start(options);
  await stack.waitFor('\nready ');
  return stack;
}

async function query(sql: string, url = adminUrl()): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function environment() {
  const passwords = findPasswords(dataDir);
  if (passwords === undefined) throw new Error('no passwords');
  return localEnvironment({ dataDir, ports, policyFile: '' }, passwords);
}

function adminUrl(): string {
  return environment().ADMIN_DATABASE_URL;
}

/** What takes the time of a first start, by the moment at which it was made. */
function madeOnce(): Readonly<Record<string, number>> {
  const files = ['postgres/PG_VERSION', 'postgres/global/pg_filenode.map', 'passwords.json'];
  return Object.fromEntries(files.map((name) => [name, statSync(join(dataDir, name)).mtimeMs]));
}

function postmasterPid(): number {
  return Number.parseInt(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

async function expectAllClosed(): Promise<void> {
  for (const name of OPEN) expect(await isListening(ports[name]), name).toBe(false);
}

/** The same name as the database's own account where it is not this user. */
function unprivilegedIds(): { uid: number; gid: number } | undefined {
  if (!asRoot) return undefined;
  const nobody = parsePasswd(readFileSync('/etc/passwd', 'utf8')).find(({ name }) => name === 'nobody');
  if (nobody === undefined) throw new Error('root needs the user nobody for this test');
  return nobody;
}

describe('start and end', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'after %s no process and no port is left, and the exit code is 0',
    async (signal) => {
      const stack = await startReady();
      for (const name of OPEN) expect(await isListening(ports[name]), name).toBe(true);
      const postgres = identityOf(postmasterPid());
      const { code, output } = await stack.end(signal);
      expect(code).toBe(0);
      expect(output).toMatch(/^ready in /m);
      expect(output).toContain('wanda@northwind.example');
      expect(postgres && isStillRunning(postgres)).toBe(false);
      expect(existsSync(join(dataDir, 'lock'))).toBe(false);
      await expectAllClosed();
    },
  );

  test('a terminal that goes away ends it cleanly', async () => {
    useTemplate();
    const stack = await startReady();
    stack.child.stdout?.destroy();
    stack.child.stderr?.destroy();
    const { code } = await stack.end('SIGHUP');
    expect(code).toBe(0);
    await expectAllClosed();
  });

  test('giving up while it starts leaves nothing', async () => {
    const stack = start();
    await stack.waitFor('starting database');
    const { code } = await stack.end();
    expect(code).toBe(0);
    await expectAllClosed();
  });

  test('a database that dies ends the stack with exit 1 and says so', async () => {
    useTemplate();
    const stack = await startReady();
    process.kill(postmasterPid(), 'SIGQUIT');
    const { code, output } = await stack.ending();
    expect(code).toBe(1);
    expect(output).toContain('the database ended by itself');
    await expectAllClosed();
  });

  test('whatever the locale of the shell, text is UTF-8 and messages are English', async () => {
    await startReady({ env: { LANG: 'xx_YY.nothing', LC_ALL: 'de_DE.utf8' } });
    expect(
      await query(
        "SELECT current_setting('server_encoding') AS encoding, lower('ÄÖ') AS lower, current_setting('lc_messages') AS lc",
      ),
    ).toEqual([{ encoding: 'UTF8', lower: 'äö', lc: 'C' }]);
  });
});

describe('data', () => {
  // What it takes in seconds is for the end-to-end tests: here it is the work that is not done again.
  test('a second start keeps the data, and makes nothing anew that the first one made', async () => {
    useTemplate();
    const before = madeOnce();
    const stack = await startReady();
    expect(madeOnce()).toEqual(before);
    // One is left: the partner's address, because the ports are others here.
    expect(firstOutput).toMatch(/the database now enforces .* \(\d{2,} changes\)/);
    expect(stack.output()).not.toMatch(/\(\d{2,} changes\)/);
    expect(await query('SELECT text FROM kept')).toEqual([{ text: 'still here' }]);
  });

  test('secrets are readable by their owner alone', async () => {
    useTemplate();
    await (await startReady()).end();
    const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).map((name) => join(dataDir, name));
    const open = files.filter(
      (path) => !path.includes('/postgres/') && statSync(path).isFile() && (statSync(path).mode & 0o077) !== 0,
    );
    expect(open).toEqual([]);
    expect(statSync(join(dataDir, 'postgres')).mode & 0o077).toBe(0);
    expect(statSync(dataDir).mode & 0o066).toBe(0);
  });

  test('no password is on a command line, in a log or in the output', async () => {
    const stack = await startReady();
    const commandLines = readFileSync(`/proc/${postmasterPid()}/cmdline`, 'utf8');
    await stack.end();
    const seen = commandLines + stack.output() + readFileSync(join(dataDir, 'logs', 'postgres.log'), 'utf8');
    for (const password of Object.values(findPasswords(dataDir) ?? {})) expect(seen).not.toContain(password);
  });
});

describe('what an earlier start left', () => {
  test('a killed supervisor: the next start ends its database and keeps the data', async () => {
    useTemplate();
    const first = await startReady();
    const leftover = identityOf(postmasterPid());
    await first.end('SIGKILL');
    expect(leftover && isStillRunning(leftover)).toBe(true);
    const second = await startReady();
    expect(second.output()).toContain(`process ${leftover?.pid}`);
    expect(leftover && isStillRunning(leftover)).toBe(false);
    expect(await query('SELECT text FROM kept')).toEqual([{ text: 'still here' }]);
  });

  test.each([
    ['another program that works in the data folder', 'sleep', () => join(dataDir, 'postgres')],
    ['another Postgres that works elsewhere', 'postgres', () => '/'],
  ])('a pid file that means %s is forgotten, and that process is left alone', async (_, name, cwd) => {
    useTemplate();
    const pidFile = join(dataDir, 'postgres', 'postmaster.pid');
    const { uid, gid } = statSync(join(dataDir, 'postgres'));
    const program = join(folder.path, name);
    copyFileSync('/bin/sleep', program);
    // Of the database's own user: Postgres itself forgets only what belongs to others.
    const other = spawn(program, ['60'], { uid, gid, cwd: cwd(), stdio: 'ignore' });
    try {
      writeFileSync(pidFile, `${other.pid}\n${join(dataDir, 'postgres')}\n`, { mode: 0o600 });
      chownSync(pidFile, uid, gid);
      await startReady();
      expect([other.exitCode, other.signalCode]).toEqual([null, null]);
      expect(postmasterPid()).not.toBe(other.pid);
    } finally {
      other.kill();
    }
  });

  test.each([
    ['of a dead process', JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' })],
    ['of a pid that is used again', JSON.stringify({ pid: process.pid, startedAt: '1' })],
    ['that is damaged', '{"pid":'],
  ])('a lock %s is taken over', async (_, content) => {
    useTemplate();
    writeFileSync(join(dataDir, 'lock'), content);
    const stack = await startReady();
    expect(JSON.parse(readFileSync(join(dataDir, 'lock'), 'utf8'))).toMatchObject({ pid: stack.child.pid });
  });
});

describe('refusals', () => {
  test('running twice: names the other process and leaves it alone', async () => {
    useTemplate();
    const first = await startReady();
    const { code, output } = await start().ending();
    expect(code).toBe(1);
    expect(output).toContain(`already running with ${dataDir}, as process ${first.child.pid}`);
    expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('taken ports: names each, its setting and the process that holds it', async () => {
    const servers = (['partnerApi', 'postgres'] as const).map((name) =>
      createServer().listen(ports[name], '127.0.0.1'),
    );
    const { code, output } = await start().ending();
    for (const server of servers) server.close();
    expect(code).toBe(1);
    expect(output).toContain(`Port ${ports.partnerApi} is taken by process ${process.pid} (`);
    expect(output).toContain('CAUSEWAY_PORT_PARTNER_API');
    expect(output).toContain(`Port ${ports.postgres} is taken by`);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
  });

  test('no permission to write: says which folder', async () => {
    // Root may write everywhere, so there the supervisor runs as nobody.
    chmodSync(folder.path, 0o555);
    const { code, output } = await start(unprivilegedIds()).ending();
    expect(code).toBe(1);
    expect(output).toContain(`no permission to write ${dataDir}`);
  });

  test('a data folder that is no longer writable: says so before anything is tried', async () => {
    mkdirSync(join(dataDir, 'logs'), { recursive: true });
    chmodSync(join(dataDir, 'logs'), 0o777);
    chmodSync(dataDir, 0o555);
    const ids = unprivilegedIds();
    if (ids !== undefined) chownSync(dataDir, ids.uid, ids.gid);
    const { code, output } = await start(ids).ending();
    chmodSync(dataDir, 0o755);
    expect(code).toBe(1);
    expect(output).toContain(`no permission to write ${dataDir}`);
  });

  test('a file where the data folder should be', async () => {
    writeFileSync(dataDir, 'something of mine');
    const { code, output } = await start().ending();
    expect(code).toBe(1);
    expect(output).toContain('is not a folder');
    expect(readFileSync(dataDir, 'utf8')).toBe('something of mine');
  });

  test('no space for the database: leaves nothing half-made, and the next start works', async () => {
    // A limit on the size of files stands in for a full disk; the words of a full disk are in cluster.test.ts.
    const { code, output } = await start({ before: 'ulimit -f 2000' }).ending();
    expect(code).toBe(1);
    expect(output).toContain('the database could not be made');
    expect(readdirSync(dataDir).filter((name) => name.startsWith('postgres'))).toEqual([]);
    await startReady();
  });
});

describe('a half-deleted data folder', () => {
  beforeEach(useTemplate);

  test('passwords gone: the database gets new ones and keeps its data', async () => {
    const old = adminUrl();
    rmSync(join(dataDir, 'passwords.json'));
    const stack = await startReady();
    expect(stack.output()).toContain('the passwords were gone');
    expect(await query('SELECT text FROM kept')).toEqual([{ text: 'still here' }]);
    await expect(query('SELECT 1', old)).rejects.toMatchObject({ code: '28P01' });
  });

  test('passwords damaged: refuses without quoting them, and says what to do', async () => {
    writeFileSync(join(dataDir, 'passwords.json'), '{"postgres":"hunter2hunter2"}');
    const { code, output } = await start().ending();
    expect(code).toBe(1);
    expect(output).toContain('passwords.json is damaged');
    expect(output).not.toContain('hunter2');
  });

  test('passwords of another database: refuses, and says what to do', async () => {
    keepPasswords(dataDir, makePasswords());
    const { code, output } = await start().ending();
    expect(code).toBe(1);
    expect(output).toContain('are not those of this database');
    await expectAllClosed();
  });

  test('PG_VERSION missing: refuses and touches nothing', async () => {
    rmSync(join(dataDir, 'postgres', 'PG_VERSION'));
    const before = readdirSync(join(dataDir, 'postgres'), { recursive: true }).length;
    const { code, output } = await start().ending();
    expect(code).toBe(1);
    expect(output).toContain('PG_VERSION is missing');
    expect(readdirSync(join(dataDir, 'postgres'), { recursive: true })).toHaveLength(before);
  });

  test('a database of another major version: refuses and touches nothing', async () => {
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
    const { code, output } = await start().ending();
    expect(code).toBe(1);
    expect(output).toContain('was written by Postgres 17, and this is Postgres 18');
    expect(existsSync(join(dataDir, 'postgres', 'base'))).toBe(true);
  });

  test('a part of the database missing: refuses with the end of its log', async () => {
    rmSync(join(dataDir, 'postgres', 'global', 'pg_control'));
    const { code, output } = await start().ending();
    expect(code).toBe(1);
    expect(output).toContain('pg_control');
    expect(existsSync(join(dataDir, 'postgres', 'base'))).toBe(true);
  });

  test('keys and certificates gone: they are made again', async () => {
    for (const name of ['idp', 'partner-ca', 'logs']) rmSync(join(dataDir, name), { recursive: true });
    await startReady();
    expect(await query('SELECT text FROM kept')).toEqual([{ text: 'still here' }]);
    expect(existsSync(join(dataDir, 'partner-ca', 'ca.pem'))).toBe(true);
  });
});

describe('a home that others cannot enter', () => {
  test('starts where the system has user namespaces or the user is not root, and else names the folder and what to do', async () => {
    chmodSync(folder.path, 0o700);
    const stack = start();
    if (!asRoot || hasUserNamespaces()) {
      await stack.waitFor('\nready ');
      return;
    }
    expect((await stack.ending()).output).toContain(`${folder.path} is closed to the user`);
  });

  test('as root without `unshare`: names the folder and what to do; anybody else starts', async () => {
    chmodSync(folder.path, 0o700);
    const stack = start({ env: { PATH: '/nothing' } });
    if (!asRoot) return stack.waitFor('\nready ');
    const { code, output } = await stack.ending();
    expect(code).toBe(1);
    expect(output).toContain(`${folder.path} is closed to the user`);
    expect(output).toContain(`chmod o+x ${folder.path}`);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
  });

  test('a database that was run as another user is handed over whole', async () => {
    chmodSync(folder.path, 0o700);
    if (asRoot && !hasUserNamespaces()) chmodSync(folder.path, 0o755);
    useTemplate();
    await (await startReady()).end();
    chmodSync(folder.path, 0o755);
    await startReady();
    expect(await query('SELECT text FROM kept')).toEqual([{ text: 'still here' }]);
  });
});

function hasUserNamespaces(): boolean {
  try {
    execFileSync('unshare', ['--user', '--map-user=65534', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
