import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { endProcess, freePort, startProcess, type TestServer } from './server-process.ts';

export interface TestRedis extends TestServer {
  /** A connection for the test itself. */
  readonly admin: Redis;
  /** It still has its connections, and answers nothing. */
  freeze(): void;
}

const SAFE = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];

/** Fails when there is no redis-server: on Debian the package of that name brings it. */
export async function startTestRedis(settings: readonly string[] = SAFE): Promise<TestRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', ...settings];
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
  const start = () => startProcess({ program: 'redis-server', args, options: { cwd: dir }, isUp });
  let server = await start();
  return {
    url,
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
