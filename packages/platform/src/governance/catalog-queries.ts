/** Objects by kind and name, with our mark if there is one. `$1`: schemas that the policy names. `$2`: how our marks begin. */
export const OBJECTS = `
SELECT 'role' AS kind, ARRAY[rolname::text] AS parts, shobj_description(oid, 'pg_authid') AS mark, false AS holds,
  concat_ws(' ', rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconfig::text) AS definition
FROM pg_roles
UNION ALL
SELECT 'schema', ARRAY[n.nspname::text], obj_description(n.oid, 'pg_namespace'),
  EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'm', 'f', 'S')
    OR c.relnamespace = n.oid AND c.relkind = 'v' AND coalesce(obj_description(c.oid, 'pg_class'), '') NOT LIKE $2)
  OR EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid AND coalesce(obj_description(p.oid, 'pg_proc'), '') NOT LIKE $2),
  pg_get_userbyid(n.nspowner)::text
FROM pg_namespace n
UNION ALL
SELECT 'function', ARRAY[n.nspname::text, p.proname::text, pg_get_function_identity_arguments(p.oid)],
  obj_description(p.oid, 'pg_proc'), false, concat_ws(' ', pg_get_userbyid(p.proowner), pg_get_functiondef(p.oid))
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY ($1) AND p.prokind = 'f'
UNION ALL
SELECT CASE WHEN c.relkind = 'v' THEN 'view' ELSE 'table' END, ARRAY[n.nspname::text, c.relname::text],
  obj_description(c.oid, 'pg_class'), c.relkind <> 'v',
  concat_ws(' ', pg_get_userbyid(c.relowner), c.relkind, c.reloptions::text, CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'r', 'p', 'm', 'f') AND (n.nspname = ANY ($1) OR obj_description(c.oid, 'pg_class') LIKE $2)
UNION ALL
SELECT 'row-policy', ARRAY[n.nspname::text, c.relname::text, o.polname::text], obj_description(o.oid, 'pg_policy'), false,
  concat_ws(' ', pg_get_userbyid(c.relowner), c.relrowsecurity, c.relforcerowsecurity, (
    SELECT string_agg(concat_ws(' ', p.polname, p.polcmd, p.polpermissive,
      (SELECT string_agg(CASE WHEN r = 0 THEN 'public' ELSE pg_get_userbyid(r)::text END, ',') FROM unnest(p.polroles) r),
      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)), ' ' ORDER BY p.polname)
    FROM pg_policy p WHERE p.polrelid = c.oid))
FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT 'wrapper', ARRAY[fdwname::text], obj_description(oid, 'pg_foreign_data_wrapper'), false,
  concat_ws(' ', pg_get_userbyid(fdwowner), fdwhandler, fdwvalidator, fdwoptions::text)
FROM pg_foreign_data_wrapper
UNION ALL
SELECT 'server', ARRAY[s.srvname::text], obj_description(s.oid, 'pg_foreign_server'), false,
  concat_ws(' ', pg_get_userbyid(s.srvowner), w.fdwname, s.srvoptions::text)
FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw`;

/** From Postgres 16 on a membership has options, and one of its own from each grantor. Read as JSON, the options are simply not there before. */
export const MEMBERSHIPS = `
SELECT pg_get_userbyid(m.member)::text AS member, pg_get_userbyid(m.roleid)::text AS role, m.admin_option AS admin,
  CASE WHEN current_setting('server_version_num')::int >= 160000 THEN pg_get_userbyid(m.grantor)::text END AS grantor,
  (to_jsonb(m) ->> 'inherit_option')::boolean AS inherit, (to_jsonb(m) ->> 'set_option')::boolean AS set
FROM pg_auth_members m`;

/** Who may do what in the schemas of `$1` and on the foreign servers, but for each owner's own rights. */
export const ACLS = `
SELECT a.type, a.parts, a."column", x.privilege_type AS privilege, x.is_grantable AS grantable,
  CASE WHEN x.grantor <> a.owner THEN pg_get_userbyid(x.grantor)::text END AS grantor,
  CASE WHEN x.grantee = 0 THEN NULL ELSE pg_get_userbyid(x.grantee)::text END AS grantee
FROM (
  SELECT 'schema' AS type, ARRAY[nspname::text] AS parts, NULL::text AS "column", nspowner AS owner,
    coalesce(nspacl, acldefault('n', nspowner)) AS acl FROM pg_namespace WHERE nspname = ANY ($1)
  UNION ALL
  SELECT 'relation', ARRAY[n.nspname::text, c.relname::text], NULL, c.relowner, coalesce(c.relacl, acldefault('r', c.relowner))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION ALL
  SELECT 'relation', ARRAY[n.nspname::text, c.relname::text], t.attname::text, c.relowner, t.attacl
  FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY ($1) AND t.attacl IS NOT NULL AND NOT t.attisdropped
  UNION ALL
  SELECT 'function', ARRAY[n.nspname::text, p.proname::text, pg_get_function_identity_arguments(p.oid)], NULL, p.proowner,
    coalesce(p.proacl, acldefault('f', p.proowner))
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY ($1)
  UNION ALL
  SELECT 'server', ARRAY[srvname::text], NULL, srvowner, coalesce(srvacl, acldefault('S', srvowner)) FROM pg_foreign_server
) a, aclexplode(a.acl) x
WHERE x.grantee <> a.owner`;

export const COLUMNS = `
SELECT g.name, (
  SELECT coalesce(array_agg(t.attname::text), '{}') FROM pg_attribute t
  WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped
) AS columns
FROM unnest($1::text[]) AS g(name)
JOIN pg_namespace n ON n.nspname = g.name::json ->> 0
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = g.name::json ->> 1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`;

/** On somebody else's tables (`$1`): what our roles (`$2`) and everybody may read there. */
export const REACH = `
SELECT n.nspname AS schema, c.relname AS relation, r.rolname AS role,
  CASE WHEN r.rolname IS NULL THEN has_schema_privilege('public', n.oid, 'USAGE') ELSE has_schema_privilege(r.rolname, n.oid, 'USAGE') END AS "schemaUsage",
  (SELECT coalesce(array_agg(t.attname::text), '{}') FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped
    AND has_column_privilege(coalesce(r.rolname, 'public'), c.oid, t.attnum, 'SELECT')) AS columns
FROM unnest($1::text[]) AS g(name)
JOIN pg_namespace n ON n.nspname = g.name::json ->> 0
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = g.name::json ->> 1,
(SELECT rolname FROM pg_roles WHERE rolname = ANY ($2) UNION ALL SELECT NULL) r`;

export const DEFINITIONS = {
  exist: `SELECT to_regclass('causeway.applied_objects') IS NOT NULL AS objects, to_regclass('causeway.engine_state') IS NOT NULL AS state`,
  objects: 'SELECT object, definition FROM causeway.applied_objects',
  digest: 'SELECT digest FROM causeway.engine_state',
} as const;
