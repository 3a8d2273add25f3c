import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';

import { endProcess } from '../running-process.ts';
import { StackProblem } from '../stack-problem.ts';
import { commandLine, type ClusterPlace, POSTGRES_ENV } from './cluster.ts';

export interface PostgresServer {
  readonly pid: number;
  readonly isRunning: () => boolean;
  readonly ended: Promise<void>;
  stop(hurry?: AbortSignal): Promise<void>;
}

export interface PostgresServerOptions {
  readonly place: ClusterPlace;
  readonly folder: string;
  readonly port: number;
  readonly logPath: string;
}

/** Starts the server in a process group of its own: Ctrl-C in the terminal must not end it before those who use it. */
export function spawnPostgres({ place, folder, port, logPath }: PostgresServerOptions): PostgresServer {
  const log = openSync(logPath, 'a', 0o600);
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] %u@%d %a ',
    cluster_name: 'causeway',
  };
  const [command, args] = commandLine(place.account, place.binaries.postgres, [
    '-D',
    folder,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const child = spawn(command, args, {
    cwd: '/',
    env: POSTGRES_ENV,
    stdio: ['ignore', log, log],
    detached: true,
    ...place.account.ids,
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? 0,
    isRunning,
    ended,
    stop: async (hurry) => {
      // Fast shutdown; then immediate, after which the next start recovers from the log; then whatever is left.
      const steps = [
        { signal: 'SIGINT', waitMs: 20_000 },
        { signal: 'SIGQUIT', waitMs: 5000 },
        { signal: 'SIGKILL', waitMs: 2000 },
      ] as const;
      await endProcess({ isRunning, send: (signal) => child.kill(signal) }, steps, hurry);
    },
  };
}

/** Waits until the superuser can log in. */
export async function waitForPostgres(
  server: PostgresServer,
  url: string,
  options: { logPath: string; signal?: AbortSignal | undefined },
): Promise<void> {
  const deadline = Date.now() + 30_000;
  let refusal = 'no answer';
  while (Date.now() < deadline) {
    options.signal?.throwIfAborted();
    if (!server.isRunning()) throw didNotStart('the database ended while it started', options.logPath);
    const outcome = await tryLogin(url);
    if (outcome === undefined) return;
    refusal = outcome;
    if (refusal === WRONG_PASSWORD) throw wrongPasswords();
    await delay(20);
  }
  throw didNotStart(`the database does not let its superuser in (${refusal})`, options.logPath);
}

// SQLSTATE invalid_password.
const WRONG_PASSWORD = '28P01';

async function tryLogin(url: string): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
  } finally {
    await client.end().catch(() => {});
  }
}

function wrongPasswords(): StackProblem {
  return new StackProblem('the passwords in passwords.json are not those of this database', [
    'Put back the one that belongs to it, or delete it: the database then gets new passwords; no data is lost.',
  ]);
}

function didNotStart(message: string, logPath: string): StackProblem {
  return new StackProblem(message, [...lastLines(logPath), `The whole log is ${logPath}.`]);
}

function lastLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trim().split('\n').slice(-4);
  } catch {
    return [];
  }
}
