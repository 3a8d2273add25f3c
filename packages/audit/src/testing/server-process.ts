import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** A real server for a test, on a port of its own of 127.0.0.1. */
export interface TestServer {
  readonly url: string;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again with the data that it had. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
  readonly isUp: () => Promise<boolean>;
}

/** A busy machine is slow; what ends or never starts is seen at once. */
const START_MS = 60_000;

export async function startProcess({ program, args, options, isUp }: Command): Promise<ChildProcess> {
  let output = '';
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  child.on('error', (error) => (output += String(error)));
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += String(text)));
  for (
    const deadline = Date.now() + START_MS;
    Date.now() < deadline && child.exitCode === null && child.pid !== undefined;
  ) {
    if (await isUp()) return child;
    await delay(25);
  }
  throw new Error(`${program} did not start: ${output.slice(-2000)}`);
}

export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}
