import { AppError } from '@causeway/core';
import {
  compilePostgres,
  GATEWAY_ROLE,
  type GovernedObject,
  type PolicyDocument,
  type PostgresGovernance,
} from '@causeway/policy';
import pg from 'pg';
import { connectionOptions } from '../postgres/connection-options.ts';
import type { Action } from './action.ts';
import { type Catalog, readCatalog, readDefinitions } from './catalog.ts';
import { connectAction } from './connect-action.ts';
import { missingSources, openSources, pendingGrants } from './check-sources.ts';
import { type Foundation, isFounded, layFoundation, passwordActions } from './foundation.ts';
import { describeObject, isMarked } from './object-key.ts';
import { type Ownership, ownershipOf } from './ownership.ts';
import { withOwnObjects } from './own-objects.ts';
import { foreignObjects, planDrops, planObjects } from './plan-objects.ts';
import { planGrants, planMemberships, targetOf } from './plan-rights.ts';
import { refuseElsewhere } from './refuse-elsewhere.ts';

export interface ApplyOptions {
  readonly adminUrl: string;
  readonly policy: Pick<PolicyDocument, 'policy' | 'engineDigest'>;
  /** Says what would be done, and does nothing. */
  readonly dryRun?: boolean;
  /** Also grants what the governed views need to read tables that are not ours. Otherwise their owners are told. */
  readonly grantSources?: boolean;
  /** The password of the gateway's login. Without it the login keeps the one that it has. */
  readonly gatewayPassword?: string;
  /** The audit trail. Made in the same transaction, before the views over it. */
  readonly foundation?: Foundation;
  /** How long to stand in a queue before everybody's queries, behind somebody's open transaction. */
  readonly lockTimeoutMs?: number;
}

export interface ApplyReport {
  /** In the order in which they were, or would be, done. None: there was nothing to do. */
  readonly actions: readonly Action[];
  /** What the owners of other people's tables must grant before the governed views can read them. */
  readonly pending: readonly Action[];
}

const ATTEMPTS = 3;

/**
 * Makes the server enforce the policy: all of it or nothing, in one transaction. What is as it should be is not touched, and neither
 * is anything that Causeway did not create. Callers who read lock the same views and tables in an order of their own: where that is a
 * deadlock, and this run is who Postgres ends, it begins again.
 */
export async function applyGovernance(options: ApplyOptions): Promise<ApplyReport> {
  const { policy, engineDigest } = options.policy;
  const governance = await compilePostgres(policy, { digest: engineDigest });
  for (let attempt = 1; ; attempt++) {
    try {
      return await applyOnce(governance, options);
    } catch (error) {
      const explained = explain(error);
      if (!isDeadlock(explained) || attempt === ATTEMPTS) throw explained;
    }
  }
}

const isDeadlock = ({ cause }: AppError) => cause instanceof pg.DatabaseError && cause.code === '40P01';

async function applyOnce(governance: PostgresGovernance, options: ApplyOptions): Promise<ApplyReport> {
  const client = new pg.Client({ ...connectionOptions(options.adminUrl), application_name: 'causeway db apply' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    // Whatever the server's defaults are: each statement must see what the run before it did while this one stood in line.
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE');
    const report = await applyIn(client, governance, options);
    await client.query(options.dryRun ? 'ROLLBACK' : 'COMMIT');
    return report;
  } finally {
    // Ends the transaction too, when it is still open.
    await client.end();
  }
}

async function applyIn(client: pg.Client, governance: PostgresGovernance, options: ApplyOptions): Promise<ApplyReport> {
  for (const statement of governance.preamble) await client.query(statement);
  await client.query(`SELECT set_config('lock_timeout', $1, true)`, [String(options.lockTimeoutMs ?? 10_000)]);
  await client.query(ONE_AT_A_TIME).catch((error: unknown) => Promise.reject(explain(error, 'another run is at work')));
  const founded = await layFoundation(client, options.foundation).catch((error: unknown) =>
    Promise.reject(explain(error, options.foundation?.what)),
  );
  const objects = withOwnObjects(governance.objects);
  const catalog = await readCatalog(client, objects, governance.prerequisites);
  refuseProblems(catalog, objects, governance);
  const own = governance.prerequisites.filter((one) => isFounded(options.foundation, one));
  const others = governance.prerequisites.filter((one) => !own.includes(one));
  const sources = pendingGrants(catalog, others);
  const passwords = { [GATEWAY_ROLE]: options.gatewayPassword, ...options.foundation?.passwords };
  const password = await passwordActions(client, passwords);
  const connect = await connectAction(client);
  const granted = [...pendingGrants(catalog, own), ...(options.grantSources ? sources : [])];
  const ownership = await ownershipOf(client);
  const actions = [...planAll(catalog, objects, ownership), ...connect, ...granted, ...password];
  await refuseElsewhere(client, actions);
  if (!options.dryRun && actions.length > 0) await run(client, actions, objects);
  const shown = actions.map((action) => (action.hidden ? { ...action, statements: [] } : action));
  return { actions: [...founded, ...shown], pending: options.grantSources ? [] : sources };
}

const ONE_AT_A_TIME = `SELECT pg_advisory_xact_lock(hashtextextended('causeway db apply', 0))`;

function refuseProblems(
  catalog: Catalog,
  objects: readonly GovernedObject[],
  { prerequisites }: PostgresGovernance,
): void {
  const problems = [
    ...foreignObjects(catalog, objects),
    ...missingSources(catalog, objects, prerequisites),
    ...openSources(catalog),
  ];
  if (problems.length === 0) return;
  throw new AppError(
    'config_invalid',
    `the policy cannot be applied, and nothing was changed:\n${problems.join('\n')}`,
  );
}

function planAll(catalog: Catalog, objects: readonly GovernedObject[], ownership: Ownership): readonly Action[] {
  const made = planObjects(catalog, objects, ownership);
  const digest = objects.find((object) => object.kind === 'digest');
  return [
    ...made,
    ...planMemberships(catalog, objects),
    ...planGrants(catalog, objects, remadeTargets(made, objects)),
    ...planDrops(catalog, objects),
    ...(digest === undefined || digest.digest === catalog.digest
      ? []
      : [{ verb: 'set' as const, what: digest.name, statements: digest.statements }]),
  ];
}

/** A view that is made again has lost its grants. */
function remadeTargets(made: readonly Action[], objects: readonly GovernedObject[]): ReadonlySet<string> {
  const names = new Set(made.map(({ what }) => what));
  const views = objects.filter((object) => object.kind === 'view').filter((view) => names.has(describeObject(view)));
  return new Set(views.map(({ schema, relation }) => targetOf({ type: 'relation', schema, relation })));
}

async function run(client: pg.Client, actions: readonly Action[], objects: readonly GovernedObject[]): Promise<void> {
  for (const { verb, what, statements } of actions) {
    for (const statement of statements) {
      await client.query(statement).catch((error: unknown) => Promise.reject(explain(error, `${verb} ${what}`)));
    }
  }
  await record(client, objects);
}

async function record(client: pg.Client, objects: readonly GovernedObject[]): Promise<void> {
  const found = await readDefinitions(client, objects.filter(isMarked));
  const values = [found.map(({ key }) => key), found.map(({ definition }) => definition)];
  await client.query('DELETE FROM causeway.applied_objects WHERE object <> ALL ($1)', [values[0]]);
  await client.query(
    `INSERT INTO causeway.applied_objects AS known SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT (object) DO UPDATE SET definition = excluded.definition WHERE known.definition <> excluded.definition`,
    values,
  );
}

/** Lost connections, conflicts with others, resources, locks, shutdown: the policy is not to blame, and a later run may do. */
const PASSING = /^(08|40|53|55P03|57|XX)/;

function explain(error: unknown, doing?: string): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : 'unknown failure';
  const state = error instanceof pg.DatabaseError ? error.code : undefined;
  const code = state === undefined || PASSING.test(state) ? 'upstream_unavailable' : 'config_invalid';
  const where = doing === undefined ? '' : `${doing}: `;
  const advice = state === '42501' ? '; docs/existing-postgres.md says who may run this' : '';
  const text = `${where}${message}${state === undefined ? '' : ` (${state})`}; nothing was changed${advice}`;
  return new AppError(code, text, { cause: error });
}
