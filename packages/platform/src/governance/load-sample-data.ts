import { OWNER_ROLE } from '@causeway/policy';
import pg from 'pg';
import { connectionOptions } from '../postgres/connection-options.ts';
import { sampleDeals } from '../sample/deals.ts';
import { sampleDocuments } from '../sample/documents.ts';
import { SAMPLE_TABLES } from './own-objects.ts';

export interface LoadedTable {
  readonly table: string;
  readonly rows: number;
  /** `not ours`: it is not there, or Causeway did not create it. `not empty`: it holds rows, which stay as they are. */
  readonly outcome: 'loaded' | 'not empty' | 'not ours';
}

/** Fills the sample's tables: only those that Causeway created, and only while they are empty. */
export async function loadSampleData(adminUrl: string): Promise<readonly LoadedTable[]> {
  const client = new pg.Client({ ...connectionOptions(adminUrl), application_name: 'causeway db sample' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE');
    await client.query('SET LOCAL search_path = pg_catalog, pg_temp');
    const results = [
      await load(client, 'sales_base.deals', sampleDeals()),
      await load(client, 'knowledge_base.documents', sampleDocuments()),
    ];
    await client.query('COMMIT');
    // So that from the first query on an index alone can answer what it holds. VACUUM stands in no transaction.
    for (const { table, outcome } of results) if (outcome === 'loaded') await client.query(`VACUUM ${table}`);
    return results;
  } finally {
    await client.end();
  }
}

async function load(client: pg.Client, table: string, rows: readonly object[]): Promise<LoadedTable> {
  if (!(await isOurs(client, table))) return { table, rows: 0, outcome: 'not ours' };
  // By its size: row security, which is forced on the owner too, would hide the rows.
  const { rows: found } = await client.query<{ full: boolean }>('SELECT pg_relation_size($1::regclass) > 0 AS full', [
    table,
  ]);
  if (found[0]?.full) return { table, rows: 0, outcome: 'not empty' };
  const columns = Object.keys(rows[0] ?? {}).join(', ');
  await client.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
  await client.query(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1)`,
    [JSON.stringify(rows)],
  );
  await client.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
  await client.query(`ANALYZE ${table}`);
  return { table, rows: rows.length, outcome: 'loaded' };
}

async function isOurs(client: pg.Client, table: string): Promise<boolean> {
  const mark = SAMPLE_TABLES.find(({ name }) => name === table)?.mark;
  const { rows } = await client.query<{ ours: boolean }>(
    `SELECT obj_description(oid, 'pg_class') = $2 AND relowner = $3::regrole AS ours FROM pg_class WHERE oid = to_regclass($1)`,
    [table, mark, OWNER_ROLE],
  );
  return rows[0]?.ours === true;
}
