import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { MALLOC_ENVIRONMENT, NODE_FLAGS } from './node-flags.ts';
import { endProcess, identityOf, type ProcessIdentity } from './running-process.ts';
import { StackProblem } from './stack-problem.ts';

export interface ServiceSpec {
  readonly name: string;
  /** The file Node runs. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  /** Answers 200 when the service may take traffic. */
  readonly readyUrl: string;
}

export interface ChildService {
  readonly name: string;
  readonly identity: ProcessIdentity | undefined;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly isRunning: () => boolean;
  readonly logPath: string;
  stop(hurry?: AbortSignal): Promise<void>;
}

const READY_WITHIN_MS = 60_000;

/** One service as a child with a process group of its own, so that the supervisor alone decides when it ends. */
export function spawnService(spec: ServiceSpec, logPath: string): ChildService {
  const log = openSync(logPath, 'a', 0o600);
  const child = spawn(process.execPath, [...NODE_FLAGS, spec.entry], {
    env: { ...MALLOC_ENVIRONMENT, ...spec.env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(null));
  });
  return {
    name: spec.name,
    identity: child.pid === undefined ? undefined : identityOf(child.pid),
    ended,
    isRunning,
    logPath,
    stop: async (hurry) => {
      // The services' own deadline is 25 s (contract, section 6).
      const steps = [
        { signal: 'SIGTERM', waitMs: 28_000 },
        { signal: 'SIGKILL', waitMs: 2000 },
      ] as const;
      await endProcess({ isRunning, send: (signal) => signalGroup(child, signal) }, steps, hurry);
    },
  };
}

export async function waitUntilReady(service: ChildService, readyUrl: string, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    signal?.throwIfAborted();
    if (!service.isRunning()) throw serviceEnded(service);
    if (await answers(readyUrl)) return;
    await delay(25);
  }
  throw new StackProblem(`${service.name} was not ready within ${READY_WITHIN_MS / 1000} s`, [
    `Its log is ${service.logPath}.`,
  ]);
}

export function serviceEnded({ name, logPath }: ChildService): StackProblem {
  return new StackProblem(`${name} ended by itself, so the stack ends too`, [`Its log is ${logPath}.`]);
}

async function answers(url: string): Promise<boolean> {
  try {
    const { ok } = await fetch(url, { signal: AbortSignal.timeout(2000) });
    return ok;
  } catch {
    return false;
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    // SIGTERM is for the service to handle; the last resort is for all that it started.
    process.kill(signal === 'SIGKILL' ? -pid : pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}
