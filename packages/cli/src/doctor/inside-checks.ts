import { readKeysBeside, createHeadSigner, BullBatchQueue, readJournals, redisLoginProblems } from '@causeway/audit';
import type { Secret } from '@causeway/core';
import { createPostgresPlatform } from '@causeway/platform';
import type { PolicyDocument } from '@causeway/policy';
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';

import { codeOf, type DoctorCheck, Fault, notChecked, ok, type Verdict, wrong } from './doctor-check.ts';

export interface InsidePlace {
  readonly redisUrl: Secret | undefined;
  readonly stateDatabaseUrl: Secret | undefined;
  readonly platform: 'postgres' | 'databricks';
  readonly databaseUrl: Secret | undefined;
  readonly document: PolicyDocument | undefined;
  readonly headsPath: string | undefined;
  readonly signingKey: Secret | undefined;
  readonly journalDir: string | undefined;
  /** How much room the volume of a folder has. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** What the services stand on, as far as its settings are there. */
export function insideChecks(place: InsidePlace): DoctorCheck[] {
  const warehouse = warehouseProblems(place);
  const { redisUrl } = place;
  return [
    { name: 'state and queue', run: () => checkState(place) },
    ...(redisUrl === undefined ? [] : [{ name: 'Redis login', run: () => checkRedisLogin(redisUrl) }]),
    { name: 'warehouse login', run: () => checkLogin(place, warehouse) },
    { name: 'policy in the warehouse', run: () => checkDigest(place, warehouse) },
    { name: 'audit heads', run: () => checkHeads(place) },
    { name: 'journals', run: () => checkJournals(place) },
  ];
}

async function checkState({ redisUrl, stateDatabaseUrl }: InsidePlace): Promise<Verdict> {
  if (redisUrl === undefined && stateDatabaseUrl === undefined) {
    return notChecked('neither REDIS_URL nor STATE_DATABASE_URL is set');
  }
  const what = redisUrl === undefined ? 'the state database' : 'Redis';
  let heard: unknown;
  const queue = new BullBatchQueue({ redisUrl, stateDatabaseUrl }, (error) => (heard ??= error));
  try {
    await queue.ping().catch((error: unknown) => {
      // A client that tries again and again says only that it gave up; what it met is what it reported.
      throw new Fault(stateAway(what, codeOf(heard ?? error)), error);
    });
    const setup = await queue.checkSetup();
    if (setup.status === 'ok') return ok(`${what} answers, and keeps what it is given`);
    return wrong(
      setup.cause ?? `${what} is set up to forget`,
      'audit events, authorization codes and revocations can be lost without a word when memory is short or it restarts',
      'set `maxmemory-policy noeviction` and `appendonly yes`; in production the services take no traffic before that',
    );
  } finally {
    await queue.close();
  }
}

const stateAway = (what: string, code: string) =>
  wrong(
    `${what} cannot be used (${code})`,
    'the portal answers nobody, the MCP service stops 30 s later because nobody knows what was revoked, and audit events wait in the journals',
    'look whether it runs, and at its address, login and certificate in the settings',
  );

async function checkRedisLogin(redisUrl: Secret): Promise<Verdict> {
  const problems = await redisLoginProblems(redisUrl).catch(() => undefined);
  if (problems === undefined) return notChecked('Redis cannot be used');
  if (problems.length === 0) return ok('it may do no more than one service needs');
  return wrong(
    `the Redis login ${problems.join('; ')}`,
    'whoever takes over a service that has it can change accounts, consents, grants and revocations, or empty the queue',
    'give each service the login of its own that `make-secrets.sh` makes, with the rights of `redis-users.acl`',
  );
}

type Problems = () => Promise<readonly string[]>;

/** Asked once for the two checks that need it. */
function warehouseProblems({ platform, databaseUrl, document }: InsidePlace): Problems | undefined {
  if (platform === 'databricks' || databaseUrl === undefined || document === undefined) return undefined;
  let asked: Promise<readonly string[]> | undefined;
  return () => (asked ??= askWarehouse(databaseUrl, document));
}

async function askWarehouse(databaseUrl: Secret, document: PolicyDocument): Promise<readonly string[]> {
  const platform = createPostgresPlatform({ url: databaseUrl.reveal(), policy: () => document });
  try {
    return (await platform.health()).problems;
  } finally {
    await platform.close();
  }
}

const isAboutLogin = (problem: string) => problem.startsWith('the database login ');

function missing({ databaseUrl, platform }: InsidePlace): Verdict {
  if (platform === 'databricks') {
    return notChecked('the workspace says it to its callers alone: /health of the MCP service has it, as `platform`');
  }
  return notChecked(`${databaseUrl === undefined ? 'DATABASE_URL' : 'CAUSEWAY_POLICY'} is not set`);
}

async function checkLogin(place: InsidePlace, problems: Problems | undefined): Promise<Verdict> {
  if (problems === undefined) return missing(place);
  const found = await problems();
  const away = found.find((problem) => problem.startsWith('the database cannot be asked'));
  if (away !== undefined) {
    return wrong(
      away,
      'no tool can be called',
      'look whether the database runs, and at DATABASE_URL: address, login, certificate',
    );
  }
  const about = found.filter(isAboutLogin);
  if (about.length === 0) return ok('it owns nothing, inherits nothing, and cannot pass by row security');
  return wrong(
    about.join('; '),
    'the rules of the policy do not hold for whoever uses this login, so the MCP service answers no call',
    'give DATABASE_URL the login causeway_gateway that `causeway db apply` made, and take back what it names',
  );
}

async function checkDigest(place: InsidePlace, problems: Problems | undefined): Promise<Verdict> {
  if (problems === undefined) return missing(place);
  const found = await problems();
  const about = found.filter((problem) => problem.startsWith('the database ') && !isAboutLogin(problem));
  if (about.length === 0) return ok('the engine enforces the policy that is in force');
  return wrong(
    about.join('; '),
    'the MCP service answers no call: the engine would enforce another policy than the one that people read',
    'run `causeway policy diff`, then `causeway db apply` with the policy that the services have',
  );
}

async function checkHeads({ headsPath, signingKey }: InsidePlace): Promise<Verdict> {
  if (headsPath === undefined || signingKey === undefined) {
    return notChecked(`${headsPath === undefined ? 'AUDIT_HEADS_PATH' : 'AUDIT_SIGNING_KEY_FILE'} is not set`);
  }
  const { publicJwk } = await createHeadSigner(signingKey.reveal());
  const keys = await readKeysBeside(headsPath).catch((error: unknown) => {
    throw new Fault(
      wrong(
        `the signed heads at AUDIT_HEADS_PATH, or the keys beside them, cannot be read (${codeOf(error)})`,
        'nobody can tell whether the audit trail was rewritten',
        'put back the heads and keys from the backup; a worker that never ran has none yet',
      ),
      error,
    );
  });
  if (keys.has(publicJwk.kid ?? '')) return ok('the signing key is one of those beside the heads');
  return wrong(
    'AUDIT_SIGNING_KEY is none of the keys beside the heads',
    'heads that are signed from now on do not continue the ones before, and `causeway audit verify` says so',
    'give the worker the key that belongs to these heads; after a rotation start it once, so that it adds its public key',
  );
}

const FREE_MIN_BYTES = 1024 ** 3;
const GIB = 1024 ** 3;

async function checkJournals({ journalDir, freeBytes = freeBytesOf }: InsidePlace): Promise<Verdict> {
  if (journalDir === undefined) return notChecked('JOURNAL_DIR is not set');
  try {
    await access(journalDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    return wrong(
      `JOURNAL_DIR cannot be written by this user (${codeOf(error)})`,
      'a service that cannot write its journal answers no call',
      'make it a folder of the user that the services run as, on a volume that outlives them',
    );
  }
  if (((await stat(journalDir)).mode & 0o022) !== 0) {
    return wrong('others may write JOURNAL_DIR', 'events can be forged before they are signed', 'chmod 700 it');
  }
  const free = await freeBytes(journalDir);
  if (free < FREE_MIN_BYTES) {
    return wrong(
      `its volume has ${(free / GIB).toFixed(1)} GiB left`,
      'when it is full, calls are refused because they cannot be recorded',
      'give it room: an event takes about a kilobyte until the warehouse has it',
    );
  }
  const waiting = readJournals(journalDir).reduce((sum, journal) => sum + eventsIn(journal.waiting), 0);
  return ok(`writable; ${waiting} event(s) on their way`);
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

const eventsIn = (ranges: readonly { readonly first: number; readonly last: number }[]) =>
  ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
