import { execFile } from 'node:child_process';

import { StackProblem } from '../stack-problem.ts';
import { commandLine, type ClusterPlace, POSTGRES_ENV } from './cluster.ts';

/**
 * Gives a stopped cluster a new superuser password when the old one is lost. Single-user mode asks for none, because whoever can
 * read the folder has the data anyway. The statement goes through stdin, so that no process list shows it.
 */
export async function setSuperuserPassword(place: ClusterPlace, folder: string, password: string): Promise<void> {
  const [command, args] = commandLine(place.account, place.binaries.postgres, ['--single', '-D', folder, 'postgres']);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = execFile(command, args, { cwd: '/', env: POSTGRES_ENV, ...place.account.ids }, (error) => {
    // Neither the error nor its output goes on: single-user mode echoes what it reads.
    if (error === null) resolve();
    else
      reject(
        new StackProblem('the database did not take a new superuser password', [`Look at ${folder} and its log.`]),
      );
  });
  child.stdin?.on('error', () => {});
  child.stdin?.end(`ALTER ROLE postgres PASSWORD '${password}';\n`);
  return promise;
}
