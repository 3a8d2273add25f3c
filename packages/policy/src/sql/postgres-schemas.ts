import { escapeIdentifier, escapeLiteral } from 'pg';
import { marked, refuseForeign } from './marked.ts';
import type { GovernedObject } from './postgres-governance.ts';
import { qualified } from './quote.ts';
import { OWNER_ROLE } from './role-names.ts';

/** Where Causeway's own functions and its one table live. */
export const CAUSEWAY_SCHEMA = 'causeway';
export const ENGINE_STATE = 'engine_state';

export function schemaObject(schema: string): GovernedObject {
  const id = escapeIdentifier(schema);
  const made = marked(`SCHEMA ${id}`, [
    refuseForeign(
      `the schema ${schema}`,
      `SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = ${escapeLiteral(schema)}`,
    ),
    `CREATE SCHEMA IF NOT EXISTS ${id}`,
    `ALTER SCHEMA ${id} OWNER TO ${OWNER_ROLE}`,
    `REVOKE ALL ON SCHEMA ${id} FROM PUBLIC`,
  ]);
  return { kind: 'schema', name: schema, schema, ...made };
}

/** True in a group that the caller is in; false for a group that does not exist. `USAGE`: through inheritance, as grants are. */
export function isMemberFunction(): GovernedObject {
  return functionObject('is_member', ['text'], {
    returns: 'boolean',
    body: `coalesce(pg_has_role(to_regrole(quote_ident($1))::oid, 'USAGE'), false)`,
  });
}

/**
 * The human for whom the gateway asks, or NULL, which no comparison finds equal to anything. The gateway binds the setting in every unit of work;
 * whoever may run SQL of their own can set it too. So it narrows what our own statements read, and is no boundary against free SQL.
 */
export function currentEmailFunction(): GovernedObject {
  return functionObject('current_email', [], {
    returns: 'text',
    body: `nullif(current_setting('causeway.human_email', true), '')`,
  });
}

/** A tool that reads no table has this to be granted: who may execute the function may use the tool. */
export function toolFunction(tool: string): GovernedObject {
  return functionObject(tool, [], { returns: 'boolean', body: 'true' });
}

interface FunctionText {
  readonly returns: string;
  readonly body: string;
}

/** The body is parsed here and now, under our search path, and is simple enough for the planner to put it in place of the call. */
function functionObject(name: string, args: readonly string[], { returns, body }: FunctionText): GovernedObject {
  const signature = `${qualified(CAUSEWAY_SCHEMA, name)}(${args.join(', ')})`;
  const made = marked(`FUNCTION ${signature}`, [
    `CREATE OR REPLACE FUNCTION ${signature} RETURNS ${returns} LANGUAGE sql STABLE PARALLEL SAFE RETURN ${body}`,
    `ALTER FUNCTION ${signature} OWNER TO ${OWNER_ROLE}`,
    `REVOKE ALL ON FUNCTION ${signature} FROM PUBLIC`,
  ]);
  return {
    kind: 'function',
    name: `${CAUSEWAY_SCHEMA}.${name}`,
    schema: CAUSEWAY_SCHEMA,
    function: name,
    args,
    ...made,
  };
}

/** Which policy the engine enforces: one row. A process whose policy differs asks nothing. */
export function engineStateTable(): GovernedObject {
  const table = qualified(CAUSEWAY_SCHEMA, ENGINE_STATE);
  const made = marked(`TABLE ${table}`, [
    `CREATE TABLE IF NOT EXISTS ${table} (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  digest text NOT NULL,
  applied_at timestamptz NOT NULL
)`,
    `ALTER TABLE ${table} OWNER TO ${OWNER_ROLE}`,
    `REVOKE ALL ON TABLE ${table} FROM PUBLIC`,
  ]);
  return {
    kind: 'table',
    name: `${CAUSEWAY_SCHEMA}.${ENGINE_STATE}`,
    schema: CAUSEWAY_SCHEMA,
    relation: ENGINE_STATE,
    ...made,
  };
}

export function digestObject(digest: string): GovernedObject {
  const statement = `INSERT INTO ${qualified(CAUSEWAY_SCHEMA, ENGINE_STATE)} AS state (digest, applied_at)
VALUES (${escapeLiteral(digest)}, now())
ON CONFLICT (only_row) DO UPDATE SET digest = excluded.digest, applied_at = excluded.applied_at
WHERE state.digest <> excluded.digest`;
  return { kind: 'digest', name: 'engine digest', digest, statements: [statement] };
}
