import type pg from 'pg';

/** A relation that a rule is about: the governed view, which callers' roles read, or the table behind it, which none of them may. */
export interface GuardedRelation {
  readonly kind: 'view' | 'base';
  readonly schema: string;
  readonly relation: string;
}

/** Why this connection's login could bypass the rules. Empty when it cannot. */
export async function loginProblems(
  client: pg.ClientBase | pg.Pool,
  guarded: readonly GuardedRelation[],
): Promise<string[]> {
  const names = guarded.map(({ kind, schema, relation }) => JSON.stringify([schema, relation, kind]));
  const { rows } = await client.query<{ problem: string }>(LOGIN_PROBLEMS, [names]);
  return rows.map(({ problem }) => `the database login ${problem}`);
}

/**
 * `USAGE` in `pg_has_role` is what is inherited, whether by the role (Postgres 15) or by the membership (16 and later); `MEMBER` is
 * what it may become in any way. Attributes are never inherited but come with `SET ROLE`, so every reachable role is looked at.
 */
const LOGIN_PROBLEMS = `
WITH me AS (SELECT oid, rolname FROM pg_catalog.pg_roles WHERE rolname = session_user),
reachable AS (
  SELECT r.* FROM pg_catalog.pg_roles r, me WHERE pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER')
),
attributes AS (
  SELECT r.oid, r.rolname, a.what
  FROM reachable r, LATERAL (VALUES
    (r.rolsuper, 'is superuser'), (r.rolbypassrls, 'bypasses row security'), (r.rolcreaterole, 'may create roles'),
    (r.rolcreatedb, 'may create databases'), (r.rolreplication, 'may replicate')
  ) a(has, what)
  WHERE a.has
),
guarded AS (
  SELECT c.oid, c.relowner, n.nspname || '.' || c.relname AS name, g.name::json ->> 2 AS kind
  FROM unnest($1::text[]) AS g(name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = g.name::json ->> 0
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = g.name::json ->> 1
),
reach AS (
  SELECT r.oid AS role, g.oid AS relation FROM reachable r, guarded g
  WHERE pg_catalog.has_any_column_privilege(r.oid, g.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
     OR pg_catalog.has_table_privilege(r.oid, g.oid, 'DELETE, TRUNCATE, TRIGGER')
)
SELECT 'is somebody else now than at login' AS problem FROM me WHERE current_user <> session_user
UNION ALL
SELECT CASE WHEN a.oid = me.oid THEN a.what ELSE 'may become ' || a.rolname || ', which ' || a.what END FROM attributes a, me
UNION ALL
SELECT 'may become ' || r.rolname FROM reachable r, me
WHERE r.oid <> me.oid AND NOT EXISTS (SELECT FROM attributes a WHERE a.oid = r.oid)
  AND (r.rolname LIKE 'pg\\_%' OR r.rolname IN ('causeway_owner', 'causeway_views'))
UNION ALL
SELECT 'inherits from ' || r.rolname FROM reachable r, me
WHERE r.oid <> me.oid AND pg_catalog.pg_has_role(me.oid, r.oid, 'USAGE')
UNION ALL
SELECT 'may grant ' || r.rolname || ' to others' FROM pg_catalog.pg_auth_members m
JOIN pg_catalog.pg_roles r ON r.oid = m.roleid, me WHERE m.member = me.oid AND m.admin_option
UNION ALL
SELECT 'owns objects in the database ' || coalesce(d.datname, 'cluster') FROM (
  SELECT DISTINCT s.dbid FROM pg_catalog.pg_shdepend s, me
  WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.refobjid = me.oid AND s.deptype = 'o'
) owned LEFT JOIN pg_catalog.pg_database d ON d.oid = owned.dbid
UNION ALL
SELECT 'owns the database ' || d.datname FROM pg_catalog.pg_database d, me WHERE d.datdba = me.oid
UNION ALL
SELECT 'may itself reach ' || g.name FROM reach JOIN guarded g ON g.oid = reach.relation, me WHERE reach.role = me.oid
UNION ALL
SELECT 'may become ' || r.rolname || ', which ' || CASE WHEN g.relowner = r.oid THEN 'owns ' ELSE 'may reach ' END || g.name
FROM guarded g, me, reachable r
WHERE r.oid <> me.oid AND r.rolname NOT IN ('causeway_owner', 'causeway_views')
  AND NOT EXISTS (SELECT FROM reach WHERE reach.role = me.oid AND reach.relation = g.oid)
  AND (g.relowner = r.oid OR g.kind = 'base' AND EXISTS (SELECT FROM reach WHERE reach.role = r.oid AND reach.relation = g.oid))
ORDER BY 1`;
