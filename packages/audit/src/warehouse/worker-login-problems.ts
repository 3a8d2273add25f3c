import type pg from 'pg';
import { BASE } from './audit-names.ts';

/** Why this connection's login could do more than hand in batches. Empty when it cannot. */
export async function workerLoginProblems(database: pg.Pool): Promise<string[]> {
  const { rows } = await database.query<{ problem: string }>(LOGIN_PROBLEMS);
  return rows.map(({ problem }) => `the database login ${problem}`);
}

/** `MEMBER` is what it may become in any way; of a superuser that is everybody, so the roles are named only of others. */
const LOGIN_PROBLEMS = `
WITH me AS (SELECT * FROM pg_catalog.pg_roles WHERE rolname = session_user),
relations AS (
  SELECT c.oid, c.relname FROM pg_catalog.pg_class c
  WHERE c.relnamespace = to_regnamespace('${BASE}') AND c.relkind IN ('r', 'p') AND NOT c.relispartition
)
SELECT a.what AS problem FROM me, LATERAL (VALUES
  (me.rolsuper, 'is superuser'), (me.rolbypassrls, 'bypasses row security'), (me.rolcreaterole, 'may create roles'),
  (me.rolcreatedb, 'may create databases'), (me.rolreplication, 'may replicate')
) a(has, what) WHERE a.has
UNION ALL
SELECT 'may become ' || r.rolname FROM pg_catalog.pg_roles r, me
WHERE NOT me.rolsuper AND r.oid <> me.oid AND pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER')
UNION ALL
SELECT 'may itself reach ${BASE}.' || g.relname FROM relations g, me
WHERE NOT me.rolsuper AND pg_catalog.has_table_privilege(me.oid, g.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
ORDER BY 1`;
