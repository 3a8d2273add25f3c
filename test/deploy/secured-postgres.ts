import { execFile } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';

const HBA = fileURLToPath(new URL('../../infra/docker/pg_hba.conf', import.meta.url));

/** With the certificate, the password and the rules of the deployment whose secrets are in `secrets`. */
export async function startSecuredPostgres(secrets: string, pair: string): Promise<TestPostgres> {
  mkdirSync(pair);
  for (const file of ['postgres-certificate', 'postgres-key']) {
    copyFileSync(join(secrets, file), join(pair, file));
    // Postgres takes a key that is root's, or its own.
    chmodSync(join(pair, file), process.getuid?.() === 0 ? 0o640 : 0o600);
    if (process.getuid?.() === 0) chownSync(join(pair, file), 0, groupOf('postgres'));
  }
  const postgres = await startTestPostgres('debian15', [
    'ssl=on',
    `ssl_cert_file=${join(pair, 'postgres-certificate')}`,
    `ssl_key_file=${join(pair, 'postgres-key')}`,
    'password_encryption=scram-sha-256',
  ]);
  const password = readFileSync(join(secrets, 'postgres-superuser-password'), 'utf8').trim();
  const rules = await postgres.asAdmin(async (client) => {
    await client.query(`ALTER ROLE postgres PASSWORD '${password}'`);
    await client.query('CREATE DATABASE causeway_warehouse');
    return (await client.query<{ hba_file: string }>('SHOW hba_file')).rows[0]?.hba_file ?? '';
  });
  writeFileSync(rules, readFileSync(HBA));
  await promisify(execFile)('kill', ['-HUP', String(postmasterOf(rules))]);
  return postgres;
}

const postmasterOf = (hbaFile: string) =>
  Number(readFileSync(join(hbaFile, '../postmaster.pid'), 'utf8').split('\n')[0]);

function groupOf(name: string): number {
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`));
  return Number(line?.split(':')[2]);
}
