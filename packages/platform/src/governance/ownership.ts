import { type GovernedObject, OWNER_ROLE, VIEWS_ROLE } from '@causeway/policy';
import { escapeIdentifier } from 'pg';
import type pg from 'pg';
import type { Action } from './action.ts';

/** What an administrator who is not superuser needs beside CREATEROLE: a managed server has no superuser to offer. */
export interface Ownership {
  /** Right after the roles were made. */
  readonly actions: readonly Action[];
  /** The statements of an object, as this administrator must run them. */
  readonly wrap: (object: GovernedObject) => readonly string[];
}

/** Superusers need nothing. Others become members of the two owners, and stay it: the next run must read what they own. */
export async function ownershipOf(client: pg.ClientBase): Promise<Ownership> {
  const { rows } = await client.query<Standing>(STANDING, [[OWNER_ROLE, VIEWS_ROLE]]);
  const [standing] = rows;
  if (standing === undefined || standing.superuser) return { actions: [], wrap: ({ statements }) => statements };
  return { actions: standing.member ? [] : [becomeOwner(standing)], wrap: wrapView };
}

interface Standing {
  readonly superuser: boolean;
  readonly member: boolean;
  readonly options: boolean;
  readonly database: string;
  readonly me: string;
}

const STANDING = `SELECT r.rolsuper AS superuser, current_database() AS database, current_user::text AS me,
  current_setting('server_version_num')::int >= 160000 AS options,
  (SELECT count(*) = 2 FROM pg_roles o WHERE o.rolname = ANY ($1) AND pg_has_role(r.oid, o.oid, 'USAGE')) AS member
FROM pg_roles r WHERE r.rolname = current_user`;

function becomeOwner({ options, database, me }: Standing): Action {
  const how = options ? ' WITH INHERIT TRUE, SET TRUE' : '';
  return {
    verb: 'grant',
    what: `membership of ${me} in ${OWNER_ROLE} and ${VIEWS_ROLE}`,
    statements: [
      `GRANT ${OWNER_ROLE}, ${VIEWS_ROLE} TO ${escapeIdentifier(me)}${how}`,
      `GRANT CREATE ON DATABASE ${escapeIdentifier(database)} TO ${OWNER_ROLE}`,
    ],
  };
}

/** Who is to own a view must be allowed to create one there, for that moment. */
function wrapView(object: GovernedObject): readonly string[] {
  if (object.kind !== 'view') return object.statements;
  const right = `CREATE ON SCHEMA ${escapeIdentifier(object.schema)}`;
  return [`GRANT ${right} TO ${VIEWS_ROLE}`, ...object.statements, `REVOKE ${right} FROM ${VIEWS_ROLE}`];
}
