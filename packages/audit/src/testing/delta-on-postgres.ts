import { AppError } from '@causeway/core';
import pg from 'pg';
import { deltaSchema } from '../databricks/delta-schema.ts';
import type { SqlStatements, WarehouseRow, WarehouseStatement } from '../databricks/sql-statements.ts';

export const DELTA_BASE = '`main`.`audit_base`';

export interface DeltaOnPostgres extends SqlStatements {
  /** As whoever owns the table. */
  owner(text: string): Promise<Record<string, unknown>[]>;
  /** Another worker's door to the same tables. */
  another(options?: DoorOptions): SqlStatements;
  readonly ran: readonly string[];
}

interface DoorOptions {
  /** Runs before the statement of this name, once. */
  readonly before?: readonly [name: string, work: () => Promise<unknown>];
}

let databases = 0;

/** The Delta tables in a real engine: the statements are the product's own, with the few words changed that Postgres does not have. */
export async function openDeltaOnPostgres(server: string): Promise<DeltaOnPostgres> {
  const database = `delta_${process.pid}_${++databases}`;
  const admin = new pg.Pool({ connectionString: server, max: 1 });
  await admin.query(`CREATE DATABASE ${database}`);
  await admin.end();
  const url = new URL(server);
  url.pathname = `/${database}`;
  const pool = new pg.Pool({ connectionString: url.toString(), max: 8, options: '-c timezone=Asia/Kolkata' });
  const schema = deltaSchema({ base: DELTA_BASE, catalog: '`main`', worker: '`w`', reader: '`r`' });
  for (const statement of schema) if (!statement.startsWith('GRANT')) await pool.query(inPostgres(statement));
  const ran: string[] = [];
  const door = ({ before }: DoorOptions = {}): SqlStatements => {
    return {
      async run(statement) {
        if (before?.[0] === statement.name) {
          const [, work] = before;
          before = undefined;
          await work();
        }
        ran.push(statement.name);
        return run(pool, statement);
      },
      ping: async () => void (await pool.query('SELECT 1')),
      close: async () => undefined,
    };
  };
  const plain = door();
  return {
    ...plain,
    ran,
    another: door,
    owner: async (text) => (await pool.query<Record<string, unknown>>(text)).rows,
    close: () => pool.end(),
  };
}

/** What a statement over HTTP gives: text. */
const AS_TEXT: pg.CustomTypesConfig = { getTypeParser: () => (value: string) => value };

async function run(pool: pg.Pool, { text, values }: WarehouseStatement): Promise<WarehouseRow[]> {
  const names = Object.keys(values);
  const bound = inPostgres(text).replaceAll(/(?<!:):([a-z_]+)/g, (_, name: string) => `$${names.indexOf(name) + 1}`);
  const used = names.map((name) => values[name]);
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    // Two commits at once conflict, as the table's properties ask for.
    if (text.startsWith('MERGE')) await client.query('LOCK TABLE audit_base.tool_calls IN EXCLUSIVE MODE');
    const { rows } = await client.query<WarehouseRow>({ text: bound, values: used, types: AS_TEXT });
    await client.query('COMMIT');
    return rows;
  } catch (error) {
    await client.query('ROLLBACK');
    const isOfValues = error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? '');
    throw isOfValues ? new AppError('invalid_request', error.message) : error;
  } finally {
    client.release();
  }
}

const TYPES = [
  ['ARRAY<STRING>', 'text[]'],
  ['STRING', 'text'],
  ['BIGINT', 'bigint'],
  ['DOUBLE', 'double precision'],
  ['TIMESTAMP', 'timestamptz'],
] as const;

function typesOf(text: string): string {
  return TYPES.reduce(
    (sql, [delta, postgres]) => sql.replaceAll(new RegExp(`\\b${delta}(?!\\w)`, 'g'), postgres),
    text,
  );
}

/** A statement for the Delta tables in the words of Postgres; its markers stay. */
export function inPostgres(text: string): string {
  const [ddl = ''] = text.split(' USING DELTA');
  // Properties of a table that Postgres has no word for.
  if (text.startsWith('ALTER TABLE')) return 'SELECT 1';
  if (text.startsWith('CREATE')) return typesOf(ddl).replaceAll('`main`.', '').replaceAll('`', '"');
  return text
    .replaceAll('`main`.', '')
    .replaceAll('`', '"')
    .replaceAll(
      /SELECT (\w)\.\* FROM \(SELECT explode\(from_json\(:batch, 'array<struct<(.*)>>', map\('mode', 'FAILFAST'\)\)\) AS \1\)/g,
      (_, alias: string, fields: string) =>
        `SELECT ${alias}.* FROM json_to_recordset(:batch::json) AS ${alias}(${typesOf(fields).replaceAll(': ', ' ')})`,
    )
    .replaceAll(
      "array_contains(from_json(:ids, 'array<string>'), t.event_id)",
      't.event_id = ANY (ARRAY(SELECT json_array_elements_text(:ids::json)))',
    )
    .replaceAll('to_timestamp(s.occurred_at)', 's.occurred_at::timestamptz')
    .replaceAll(/unix_micros\((\w+)\)/g, '(extract(epoch FROM $1) * 1000000)::bigint')
    .replaceAll('current_timestamp()', 'clock_timestamp()')
    .replaceAll('INTERVAL 1 HOUR', `interval '1 hour'`);
}
