import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
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
  readonly logPath: string;
  readonly isUp: () => Promise<boolean>;
}

/** A busy machine is slow; what ends or never starts is seen at once. */
const START_MS = 60_000;

export async function startProcess({ program, args, options, logPath, isUp }: Command): Promise<ChildProcess> {
  const log = openSync(logPath, 'a');
  const child = spawn(program, args, { ...options, stdio: ['ignore', log, log] });
  closeSync(log);
  let problem = '';
  child.on('error', (error) => (problem = String(error)));
  // A run that is cut short must not leave a server.
  const endWithRun = () => child.kill('SIGQUIT');
  process.once('exit', endWithRun);
  child.once('exit', () => process.off('exit', endWithRun));
  for (
    const deadline = Date.now() + START_MS;
    Date.now() < deadline && child.exitCode === null && child.pid !== undefined;
  ) {
    if (await isUp()) return child;
    await delay(25);
  }
  endWithRun();
  throw new Error(`${program} did not start: ${problem}${readFileSync(logPath, 'utf8').slice(-2000)}`);
}

export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}
