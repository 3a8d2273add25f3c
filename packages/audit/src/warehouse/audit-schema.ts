import { createHash } from 'node:crypto';
import { APPEND_STATEMENTS } from './append-function.ts';
import { BASE, OWNER, READER, WORKER } from './audit-names.ts';
import { TABLE_STATEMENTS, TABLES } from './tool-calls-table.ts';
import { trailWholeness } from './trail-wholeness.ts';

const role = (name: string, attributes: string) => [
  `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') THEN CREATE ROLE ${name}; END IF; END $$`,
  `ALTER ROLE ${name} ${attributes}`,
  // Only where there is something to take away: a managed server's administrator may not even say NOSUPERUSER.
  `DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}' AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)) THEN
    ALTER ROLE ${name} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
  END IF;
END $$`,
];

/** A managed server has no superuser to offer: its administrator becomes a member of the owner, and stays it, for the next run and for retention. */
const BECOME_OWNER = `DO $$ BEGIN
  IF pg_has_role('${OWNER}', 'USAGE') THEN RETURN; END IF;
  EXECUTE format('GRANT ${OWNER} TO %I', current_user) ||
    CASE WHEN current_setting('server_version_num')::int >= 160000 THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END;
END $$`;

// The mark is what the policy's own objects carry: the schema is theirs as soon as the policy governs the view in it.
const schema = (name: string) => `DO $$ BEGIN
  IF to_regnamespace('${name}') IS NULL THEN
    CREATE SCHEMA ${name};
    COMMENT ON SCHEMA ${name} IS 'causeway: audit trail';
  ELSIF NOT starts_with(coalesce(obj_description(to_regnamespace('${name}'), 'pg_namespace'), ''), 'causeway: ') THEN
    RAISE EXCEPTION USING ERRCODE = 'duplicate_object', MESSAGE = 'the schema ${name} exists, and Causeway did not create it';
  END IF;
END $$`;

/** What the audit trail needs in the warehouse before the policy's views can be made over it. */
export interface AuditFoundation {
  readonly what: string;
  /** Whose comment says which statements made it. */
  readonly schema: string;
  readonly mark: string;
  /** For an administrator, in one transaction, as often as one likes. The last one sets the mark. */
  readonly statements: readonly string[];
  /** A query for one boolean, `whole`: whether nobody has changed by hand what they made. */
  readonly wholeness: string;
  /** Which the governed views may read, as far as the policy says. */
  readonly tables: readonly { readonly schema: string; readonly relation: string }[];
  /** By login. */
  readonly passwords: Readonly<Record<string, string>>;
}

/** A login whose password is not given keeps the one that it has. */
export function auditFoundation(
  passwords: { readonly worker?: string; readonly reader?: string } = {},
): AuditFoundation {
  const statements = schemaStatements();
  const mark = `causeway: ${createHash('sha256').update(statements.join('\0')).digest('hex').slice(0, 32)}`;
  return {
    what: 'audit trail',
    schema: BASE,
    mark,
    statements: [...statements, `COMMENT ON SCHEMA ${BASE} IS '${mark}'`],
    wholeness: trailWholeness(statements),
    tables: [{ schema: BASE, relation: 'tool_calls' }],
    passwords: {
      ...(passwords.worker === undefined ? {} : { [WORKER]: passwords.worker }),
      ...(passwords.reader === undefined ? {} : { [READER]: passwords.reader }),
    },
  };
}

function schemaStatements(): readonly string[] {
  return [
    ...role(OWNER, 'NOLOGIN NOINHERIT'),
    ...role(WORKER, 'LOGIN NOINHERIT'),
    ...role(READER, 'LOGIN NOINHERIT'),
    BECOME_OWNER,
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
    // Who is to own a function must be allowed to create one there, for that moment.
    `GRANT CREATE ON SCHEMA audit TO ${OWNER}`,
    ...APPEND_STATEMENTS,
    `REVOKE CREATE ON SCHEMA audit FROM ${OWNER}`,
    `DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO ${WORKER}, ${READER}', current_database()); END $$`,
  ];
}
