import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { entryOf, type ServiceName } from './run-service.ts';

export interface Sent {
  readonly port: number;
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answered {
  readonly status: number;
  readonly body: string;
}

/** One replica more of a service, as a balancer would have it. */
export interface Replica extends AsyncDisposable {
  readonly pid: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** Not `fetch`, which sets the Host: all replicas are asked under the one public host. */
export async function send(host: string, { port, path, method = 'GET', headers = {}, body }: Sent): Promise<Answered> {
  const request = httpRequest({ port, path, method, agent, host: '127.0.0.1', headers: { ...headers, host } });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await readText(response) };
}

/** Shorter than a test may take, so that none is left behind. */
const UP_WITHIN_MS = 90_000;

export interface ReplicaOptions {
  readonly service: ServiceName;
  readonly env: Readonly<Record<string, string>>;
  /** Whether it is as far as the test needs it. */
  readonly isUp: () => Promise<boolean>;
}

export async function startReplica({ service, env, isUp }: ReplicaOptions): Promise<Replica> {
  const child = spawn(process.execPath, [entryOf(service)], { env: { LOG_LEVEL: 'error', ...env }, stdio: 'ignore' });
  for (const deadline = Date.now() + UP_WITHIN_MS; !(await isUp().catch(() => false)); await delay(50)) {
    if (!hasEnded(child) && Date.now() < deadline) continue;
    child.kill('SIGKILL');
    throw new Error(`the replica of ${service} did not come (exit code ${child.exitCode})`);
  }
  return {
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      if (hasEnded(child)) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;
