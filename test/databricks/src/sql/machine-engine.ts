import pg from 'pg';
import { type ResultTable, resultTable } from './result-types.ts';

export interface MachineEngineOptions {
  /** Application id of the one machine that writes. */
  readonly application: string;
  /** The database that holds its tables, as whoever may read and add to them. */
  readonly url: string;
  /** A statement of the machine's in the engine's words; its markers stay. */
  readonly inEngine: (text: string) => string;
}

const AS_TEXT = { getTypeParser: () => (text: string) => text };

/** The tables that a machine writes, each statement a commit of its own. Two that write at once come one after the other, as serializable ones do. */
export class MachineEngine {
  readonly application: string;
  readonly #pool: pg.Pool;
  readonly #inEngine: (text: string) => string;

  constructor({ application, url, inEngine }: MachineEngineOptions) {
    this.application = application;
    this.#inEngine = inEngine;
    this.#pool = new pg.Pool({ connectionString: url, max: 4, options: '-c timezone=UTC -c datestyle=ISO' });
    this.#pool.on('error', () => undefined);
  }

  async run(statement: string, values: ReadonlyMap<string, string | null>): Promise<ResultTable> {
    const markers: string[] = [];
    const text = this.#inEngine(statement).replaceAll(/(?<!:):([a-z_]+)/g, (_, name: string) => {
      const known = markers.indexOf(name);
      return `$${known === -1 ? markers.push(name) : known + 1}`;
    });
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      const table = /^MERGE INTO (\S+)/i.exec(text)?.[1];
      if (table !== undefined) await client.query(`LOCK TABLE ${table} IN EXCLUSIVE MODE`);
      const query: pg.QueryArrayConfig = {
        text,
        values: markers.map((name) => values.get(name) ?? null),
        rowMode: 'array',
        types: AS_TEXT,
      };
      const result = await client.query<(string | null)[]>(query);
      await client.query('COMMIT');
      return result.command === 'MERGE' ? affected(result.rowCount ?? 0) : resultTable(result.fields, result.rows);
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/** What Databricks answers to a MERGE. Ours only insert. */
function affected(count: number): ResultTable {
  const names = ['num_affected_rows', 'num_updated_rows', 'num_deleted_rows', 'num_inserted_rows'];
  const columns = names.map((name, position) => ({ name, type_name: 'LONG', type_text: 'BIGINT', position }));
  return { columns, rows: [[String(count), '0', '0', String(count)]] };
}
