import { APPEND_STATEMENTS } from './append-function.ts';
import { BASE, OWNER, READER, WORKER } from './audit-names.ts';
import { TABLE_STATEMENTS, TABLES } from './tool-calls-table.ts';

/** Who may use the table that holds the trail: the governed view's owner may read the columns that the policy names. */
export const AUDIT_TABLE = { schema: BASE, relation: 'tool_calls' } as const;

const role = (name: string, attributes: string) => [
  `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') THEN CREATE ROLE ${name}; END IF; END $$`,
  `ALTER ROLE ${name} ${attributes} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS`,
];

// The mark is what the policy's own objects carry: the schema is theirs as soon as the policy governs the view in it.
const schema = (name: string) => `DO $$ BEGIN
  IF to_regnamespace('${name}') IS NULL THEN
    CREATE SCHEMA ${name};
    COMMENT ON SCHEMA ${name} IS 'causeway: audit trail';
  ELSIF NOT starts_with(coalesce(obj_description(to_regnamespace('${name}'), 'pg_namespace'), ''), 'causeway: ') THEN
    RAISE EXCEPTION USING ERRCODE = 'duplicate_object', MESSAGE = 'the schema ${name} exists, and Causeway did not create it';
  END IF;
END $$`;

/**
 * Makes the warehouse ready for the audit trail. Runs as an administrator, in one transaction, before the policy is applied, as often as one likes.
 * Passwords are not its business.
 */
export function auditSchemaStatements(): readonly string[] {
  return [
    ...role(OWNER, 'NOLOGIN NOINHERIT'),
    ...role(WORKER, 'LOGIN NOINHERIT'),
    ...role(READER, 'LOGIN NOINHERIT'),
    schema('audit'),
    schema(BASE),
    `ALTER SCHEMA ${BASE} OWNER TO ${OWNER}`,
    `REVOKE ALL ON SCHEMA ${BASE}, audit FROM PUBLIC`,
    `GRANT USAGE ON SCHEMA audit TO ${WORKER}`,
    `GRANT USAGE ON SCHEMA ${BASE} TO ${READER}`,
    ...TABLE_STATEMENTS,
    ...TABLES.flatMap((table) => [
      `ALTER TABLE ${BASE}.${table} OWNER TO ${OWNER}`,
      `REVOKE ALL ON TABLE ${BASE}.${table} FROM PUBLIC`,
      `GRANT SELECT ON TABLE ${BASE}.${table} TO ${READER}`,
    ]),
    `ALTER FUNCTION ${BASE}.refuse_change() OWNER TO ${OWNER}`,
    ...APPEND_STATEMENTS,
    `DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO ${WORKER}, ${READER}', current_database()); END $$`,
  ];
}
