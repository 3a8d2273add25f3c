import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process and when it began, because pids are used again. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

export function identityOf(pid: number): ProcessIdentity | undefined {
  const startedAt = startTimeOf(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isStillRunning({ pid, startedAt }: ProcessIdentity): boolean {
  return startTimeOf(pid) === startedAt;
}

export function commandOf(pid: number): string | undefined {
  try {
    if (existsSync('/proc/self')) return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    return execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

export interface EndStep {
  readonly signal: NodeJS.Signals;
  readonly waitMs: number;
}

/** Sends each signal in turn until the process is gone. An aborted `hurry` skips the first wait, and only that one. */
export async function endProcess(
  target: { isRunning: () => boolean; send: (signal: NodeJS.Signals) => void },
  steps: readonly EndStep[],
  hurry?: AbortSignal,
): Promise<boolean> {
  for (const [index, { signal, waitMs }] of steps.entries()) {
    if (!target.isRunning()) return true;
    target.send(signal);
    const deadline = Date.now() + waitMs;
    while (target.isRunning() && Date.now() < deadline && !(index === 0 && hurry?.aborted)) await delay(15);
  }
  return !target.isRunning();
}

/** The same for a process that is not our child. */
export function foreignProcess(identity: ProcessIdentity): Parameters<typeof endProcess>[0] {
  return {
    isRunning: () => isStillRunning(identity),
    send: (signal) => {
      try {
        process.kill(identity.pid, signal);
      } catch {
        // It ended between the look and the signal.
      }
    },
  };
}

/** Undefined for a process that is gone, and for a zombie, which holds nothing any more. */
function startTimeOf(pid: number): string | undefined {
  try {
    if (!existsSync('/proc/self')) {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
    }
    // proc(5): the name in parentheses may hold spaces; state is field 3, the start time field 22.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
