import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@causeway/runtime/testing/free-ports';
import { endProcess, startProcess, type TestServer } from '@causeway/runtime/testing/server-process';
import { Redis } from 'ioredis';

export type RedisLogin = 'portal' | 'mcp' | 'audit-worker' | 'operator';

export interface TestRedis extends TestServer {
  /** For who is to have no more rights there than in production. */
  urlOf(login: RedisLogin): string;
  /** A connection for the test itself. */
  readonly admin: Redis;
  /** It still has its connections, and answers nothing. */
  freeze(): void;
}

const SHIPPED_USERS = new URL('../../../../infra/docker/redis-users.acl', import.meta.url);
const SAFE = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];

/** Fails when there is no redis-server: on Debian the package of that name brings it. */
export async function startTestRedis(settings: readonly string[] = SAFE): Promise<TestRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const users = join(dir, 'users.acl');
  writeFileSync(users, usersFor(readFileSync(SHIPPED_USERS, 'utf8')));
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--aclfile', users];
  const args = [...place, '--save', '', ...settings];
  const admin = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null, retryStrategy: () => 50 });
  admin.on('error', () => undefined);
  const isUp = async () => {
    const probe = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    probe.on('error', () => undefined);
    return probe
      .ping()
      .then(() => true)
      .catch(() => false)
      .finally(() => probe.disconnect());
  };
  const command = { program: 'redis-server', args, options: { cwd: dir }, logPath: join(dir, 'log'), isUp };
  const start = () => startProcess(command);
  let server = await start();
  return {
    url,
    urlOf: (login) => `redis://causeway_${login.replace('-', '_')}:of-${login}@127.0.0.1:${port}`,
    admin,
    freeze: () => server.kill('SIGSTOP'),
    kill: () => endProcess(server, 'SIGKILL'),
    restart: async () => {
      server = await start();
    },
    stop: async () => {
      admin.disconnect();
      await endProcess(server, 'SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The logins as they are shipped; the one without a name is the test's own. */
const usersFor = (shipped: string): string =>
  shipped
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('PASSWORD_', '>of-')
    .replace(/^user default .*$/m, 'user default on nopass ~* &* +@all');
