import type pg from 'pg';
import { APPEND_SIGNATURE } from './append-function.ts';
import { BASE } from './audit-names.ts';

/** Why this connection's login could do more than hand in batches. Empty when it cannot. */
export async function workerLoginProblems(database: pg.Pool): Promise<string[]> {
  const { rows } = await database.query<{ problem: string }>(LOGIN_PROBLEMS);
  return rows.map(({ problem }) => `the database login ${problem}`);
}

/**
 * Reads the grants themselves, to the login or to everybody, and not whether it has this or that privilege: so what a newer Postgres can grant is
 * seen too. What it could get as another role needs no look, because it may become none (`MEMBER`: in any way, also by SET ROLE alone).
 * Postgres never calls a trigger function for a caller, so everybody may have those.
 */
const LOGIN_PROBLEMS = `
WITH me AS (SELECT * FROM pg_catalog.pg_roles WHERE rolname = session_user),
here AS (SELECT * FROM pg_catalog.pg_database WHERE datname = current_database()),
schemas AS (SELECT * FROM pg_catalog.pg_namespace WHERE nspname IN ('audit', '${BASE}')),
relations AS (
  SELECT c.*, format('%I.%I', s.nspname, c.relname) AS name FROM pg_catalog.pg_class c JOIN schemas s ON s.oid = c.relnamespace
),
objects (name, acl, needed) AS (
  SELECT 'the database', datacl, ARRAY['CONNECT', 'TEMPORARY'] FROM here
  UNION ALL
  SELECT 'schema ' || nspname, nspacl, CASE nspname WHEN 'audit' THEN ARRAY['USAGE'] END FROM schemas
  UNION ALL
  SELECT name, relacl, NULL FROM relations
  UNION ALL
  SELECT format('%s (%I)', r.name, a.attname), a.attacl, NULL FROM pg_catalog.pg_attribute a JOIN relations r ON r.oid = a.attrelid
  UNION ALL
  SELECT 'function ' || p.oid::regprocedure, coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)),
    CASE WHEN p.oid = to_regprocedure('${APPEND_SIGNATURE}') THEN ARRAY['EXECUTE'] END
  FROM pg_catalog.pg_proc p JOIN schemas s ON s.oid = p.pronamespace WHERE p.prorettype <> 'pg_catalog.trigger'::regtype
),
grants AS (
  SELECT o.name, o.needed, g.* FROM objects o, me, LATERAL pg_catalog.aclexplode(o.acl) g WHERE g.grantee IN (0, me.oid)
)
SELECT a.what AS problem FROM me, LATERAL (VALUES
  (me.rolsuper, 'is superuser'), (me.rolbypassrls, 'bypasses row security'), (me.rolcreaterole, 'may create roles'),
  (me.rolcreatedb, 'may create databases'), (me.rolreplication, 'may replicate')
) a(has, what) WHERE a.has
UNION ALL
SELECT 'may become ' || r.rolname FROM pg_catalog.pg_roles r, me
WHERE NOT me.rolsuper AND r.oid <> me.oid AND pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER')
UNION ALL
SELECT 'owns ' || pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_catalog.pg_shdepend d, me, here
WHERE NOT me.rolsuper AND d.refclassid = 'pg_catalog.pg_authid'::regclass AND d.refobjid = me.oid AND d.deptype = 'o' AND d.dbid IN (0, here.oid)
UNION ALL
SELECT format('may %s on %s', CASE WHEN is_grantable THEN 'grant ' ELSE '' END || privilege_type, name)
  || CASE grantee WHEN 0 THEN ', as everybody may (PUBLIC)' ELSE '' END FROM grants, me
WHERE NOT me.rolsuper AND (is_grantable OR privilege_type <> ALL (coalesce(needed, '{}')))
ORDER BY 1`;
