import { escapeIdentifier, escapeLiteral } from 'pg';
import { marked, refuseForeign } from './marked.ts';
import type { GovernedObject } from './postgres-governance.ts';
import { block } from './quote.ts';

const WRAPPER = 'causeway_http';

/** A wrapper without a handler reaches nothing: it is there so that a connection is an object that can be granted. */
export function connectionWrapper(): GovernedObject {
  const exists = `SELECT FROM pg_foreign_data_wrapper WHERE fdwname = '${WRAPPER}'`;
  const made = marked(`FOREIGN DATA WRAPPER ${WRAPPER}`, [
    refuseForeign(
      `the foreign data wrapper ${WRAPPER}`,
      `SELECT obj_description(oid, 'pg_foreign_data_wrapper') FROM pg_foreign_data_wrapper WHERE fdwname = '${WRAPPER}'`,
    ),
    block(`IF NOT EXISTS (${exists}) THEN`, `  CREATE FOREIGN DATA WRAPPER ${WRAPPER};`, 'END IF;'),
  ]);
  return { kind: 'wrapper', name: WRAPPER, wrapper: WRAPPER, ...made };
}

/** No host and no credential in it: anyone may read the catalog. */
export function connectionServer(connection: string): GovernedObject {
  const id = escapeIdentifier(connection);
  const made = marked(`SERVER ${id}`, [
    refuseForeign(
      `the foreign server ${connection}`,
      `SELECT obj_description(oid, 'pg_foreign_server') FROM pg_foreign_server WHERE srvname = ${escapeLiteral(connection)}`,
    ),
    `CREATE SERVER IF NOT EXISTS ${id} FOREIGN DATA WRAPPER ${WRAPPER}`,
  ]);
  return { kind: 'server', name: connection, server: connection, ...made };
}
