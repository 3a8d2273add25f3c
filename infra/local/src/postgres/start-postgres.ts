import { join } from 'node:path';

import { findPasswords, keepPasswords, makePasswords, type Passwords } from '../passwords.ts';
import { chooseDatabaseAccount } from './account.ts';
import { findPostgresBinaries } from './binaries.ts';
import { openCluster } from './cluster.ts';
import { prepareDatabases } from './databases.ts';
import { type PostgresServer, spawnPostgres, waitForPostgres } from './server.ts';
import { setSuperuserPassword } from './set-superuser-password.ts';

export interface StartPostgresOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The embedded server, whole: account, cluster, passwords, server, databases. */
export async function startPostgres({
  dataDir,
  port,
  report,
  signal,
}: StartPostgresOptions): Promise<PostgresServer & { passwords: Passwords }> {
  const binaries = findPostgresBinaries();
  const account = chooseDatabaseAccount({ binary: binaries.postgres, dataDir });
  const place = { dataDir, binaries, account };
  const kept = findPasswords(dataDir);
  const passwords = kept ?? makePasswords();
  const { folder, made } = await openCluster(place, passwords.postgres);
  if (kept === undefined) {
    if (!made) {
      report('the passwords were gone: the database gets new ones, its data stays');
      await setSuperuserPassword(place, folder, passwords.postgres);
    }
    // Only now: kept passwords are passwords that the cluster knows.
    keepPasswords(dataDir, passwords);
  }
  signal?.throwIfAborted();
  const logPath = join(dataDir, 'logs', 'postgres.log');
  const server = spawnPostgres({ place, folder, port, logPath });
  const adminUrl = `postgresql://postgres:${passwords.postgres}@127.0.0.1:${port}/postgres`;
  try {
    await waitForPostgres(server, adminUrl, { logPath, signal });
    await prepareDatabases(adminUrl, passwords);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { ...server, passwords };
}
