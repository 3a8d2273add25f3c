import type pg from 'pg';

const TABLES = [
  'pg_authid',
  'pg_auth_members',
  'pg_database',
  'pg_namespace',
  'pg_class',
  'pg_attribute',
  'pg_attrdef',
  'pg_constraint',
  'pg_index',
  'pg_trigger',
  'pg_rewrite',
  'pg_policy',
  'pg_proc',
  'pg_type',
  'pg_extension',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_default_acl',
  'pg_db_role_setting',
  'pg_description',
  'pg_shdescription',
  'pg_depend',
];

/** Every row of the catalog with the transaction that wrote it: two equal snapshots mean that nothing was written in between. */
export async function catalogSnapshot(client: pg.ClientBase): Promise<Record<string, string>> {
  const snapshot: Record<string, string> = {};
  for (const table of TABLES) {
    const { rows } = await client.query<{ rows: string }>(
      `SELECT count(*) || ' ' || md5(string_agg(xmin || ' ' || md5(t::text), ',' ORDER BY xmin::text, md5(t::text))) AS rows
FROM (SELECT xmin, ${COLUMNS[table] ?? '*'} FROM pg_catalog.${table}) t`,
    );
    snapshot[table] = rows[0]?.rows ?? '';
  }
  return snapshot;
}

/** Vacuum and analyze write sizes into these in place. */
const COLUMNS: Readonly<Record<string, string>> = {
  pg_class: 'oid, relname, relnamespace, relowner, relkind, relacl, reloptions, relrowsecurity, relforcerowsecurity',
  pg_database: 'oid, datname, datdba, datacl',
};
