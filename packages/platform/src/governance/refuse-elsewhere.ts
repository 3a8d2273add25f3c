import { AppError } from '@causeway/core';
import { OWNER_ROLE } from '@causeway/policy';
import type pg from 'pg';
import type { Action } from './action.ts';

const SHOWN_MAX = 5;

/**
 * Roles and memberships are the server's, not the database's. Where another database of the server is governed too, a policy that changes
 * them would give people there what the other policy withholds, and nothing there would tell.
 */
export async function refuseElsewhere(client: pg.ClientBase, actions: readonly Action[]): Promise<void> {
  const shared = actions.filter(({ everywhere }) => everywhere);
  if (shared.length === 0) return;
  const { rows } = await client.query<{ name: string }>(GOVERNED_ELSEWHERE, [OWNER_ROLE]);
  if (rows.length === 0) return;
  const shown = shared.slice(0, SHOWN_MAX).map(({ verb, what }) => `${verb} ${what}`);
  const more = shared.length > SHOWN_MAX ? [`… and ${shared.length - SHOWN_MAX} more`] : [];
  const others = rows.map(({ name }) => name).join(', ');
  throw new AppError(
    'config_invalid',
    [
      `roles belong to the whole server, and the database ${others} on it is governed too: use one server per policy. Nothing was changed. This would change for both:`,
      ...shown,
      ...more,
    ].join('\n'),
  );
}

const GOVERNED_ELSEWHERE = `SELECT DISTINCT d.datname::text AS name FROM pg_shdepend s
JOIN pg_roles r ON r.oid = s.refobjid JOIN pg_database d ON d.oid = s.dbid
WHERE s.refclassid = 'pg_authid'::regclass AND r.rolname = $1 AND s.deptype = 'o' AND d.datname <> current_database()
ORDER BY 1`;
