import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { commandOf, endProcess, foreignProcess, identityOf } from '../running-process.ts';
import { StackProblem } from '../stack-problem.ts';

/** After a supervisor was killed its Postgres still runs: ends that one, and forgets a pid file that means another process. */
export async function endLeftoverPostgres(folder: string): Promise<number | undefined> {
  const pidFile = join(folder, 'postmaster.pid');
  const pid = readPid(pidFile);
  const identity = pid === undefined ? undefined : identityOf(pid);
  if (pid === undefined || identity === undefined) return undefined;
  const kind = kindOf(pid, folder);
  if (kind === 'foreign') {
    rmSync(pidFile, { force: true });
    return undefined;
  }
  const ended =
    kind === 'ours' &&
    (await endProcess(foreignProcess(identity), [
      { signal: 'SIGINT', waitMs: 15_000 },
      { signal: 'SIGQUIT', waitMs: 5000 },
    ]));
  if (!ended) {
    throw new StackProblem(`a database of an earlier start seems to run as process ${pid}`, [
      `Stop it with \`kill -INT ${pid}\`, and start again.`,
      `If that process is something else, delete ${pidFile}.`,
    ]);
  }
  return pid;
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** A postmaster works in its data folder. Where the system hides that, the name alone decides nothing. */
function kindOf(pid: number, folder: string): 'ours' | 'foreign' | 'unclear' {
  if (commandOf(pid) !== 'postgres') return 'foreign';
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder) ? 'ours' : 'foreign';
  } catch {
    return 'unclear';
  }
}
