import { type Prerequisite } from '@causeway/policy';
import type pg from 'pg';
import type { Action } from './action.ts';
import { nameOf } from './catalog.ts';
import { passwordAction } from './password-action.ts';

/** What stands in the warehouse beside the policy's objects, has its own roles, and must be there before views are made over its tables. */
export interface Foundation {
  /** For people. */
  readonly what: string;
  /** Whose comment is `mark` when these very statements have made it. */
  readonly schema: string;
  readonly mark: string;
  readonly statements: readonly string[];
  /** A query for one boolean, `whole`: whether nobody has changed by hand what they made. */
  readonly wholeness: string;
  /** Causeway's own, so that nobody has to be asked before a governed view may read them. */
  readonly tables: readonly { readonly schema: string; readonly relation: string }[];
  readonly passwords: Readonly<Record<string, string>>;
}

/** Lays it, when it is not there, was made by other statements, or was changed since. */
export async function layFoundation(
  client: pg.ClientBase,
  foundation: Foundation | undefined,
): Promise<readonly Action[]> {
  if (foundation === undefined) return [];
  const { what, schema, mark, statements, wholeness } = foundation;
  const { rows } = await client.query<{ mark: string | null }>(MARK, [schema]);
  if (rows[0]?.mark === mark && (await isWhole(client, wholeness))) return [];
  for (const statement of statements) await client.query(statement);
  return [{ verb: rows[0] === undefined ? 'create' : 'update', what, statements }];
}

async function isWhole(client: pg.ClientBase, wholeness: string): Promise<boolean> {
  return (await client.query<{ whole: boolean }>(wholeness)).rows[0]?.whole === true;
}

const MARK = `SELECT obj_description(oid, 'pg_namespace') AS mark FROM pg_namespace WHERE nspname = $1`;

export async function passwordActions(
  client: pg.ClientBase,
  passwords: Readonly<Record<string, string | undefined>>,
): Promise<readonly Action[]> {
  const actions: Action[] = [];
  for (const [role, password] of Object.entries(passwords))
    actions.push(...(await passwordAction(client, role, password)));
  return actions;
}

export function isFounded(foundation: Foundation | undefined, prerequisite: Prerequisite): boolean {
  return foundation?.tables.some((table) => nameOf(table) === nameOf(prerequisite)) === true;
}
