import pg from 'pg';

/** What the tools of the product ask, as one would write it by hand. */
const STATEMENTS = {
  check_identity: {
    name: 'check_identity',
    text: `SELECT current_user::text AS current_user, ARRAY(
  SELECT DISTINCT held.rolname::text
  FROM pg_catalog.pg_auth_members AS membership
  JOIN pg_catalog.pg_roles AS self ON self.oid = membership.member
  JOIN pg_catalog.pg_roles AS held ON held.oid = membership.roleid
  WHERE self.rolname = current_user ORDER BY 1
) AS groups`,
  },
  query_sales_data: {
    name: 'query_sales_data',
    text: `SELECT id AS deal_id, region, customer, rep_email, product, stage, amount::float8, margin_pct::float8, closed_on::text,
  (SELECT count(*)::int FROM sales.deals WHERE region = $1) AS total_rows
FROM sales.deals WHERE region = $1 ORDER BY amount DESC, id LIMIT $2`,
  },
} as const;

export type ToolName = keyof typeof STATEMENTS;

export interface Tools {
  call(tool: ToolName, args: { readonly region?: string; readonly limit?: number }): Promise<object>;
}

/** wanda's principal in the demo policy: these servers know nobody else, and ask for no token. */
const PRINCIPAL = '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01';

/** The same rows under the same role, the usual way: a transaction of three round trips, each awaited. */
export function openTools(databaseUrl: string): Tools {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 16 });
  const begin = `BEGIN READ ONLY; SET LOCAL ROLE ${pg.escapeIdentifier(PRINCIPAL)}; SET LOCAL statement_timeout = 10000`;
  const query = async (tool: ToolName, values: unknown[]): Promise<Record<string, unknown>[]> => {
    const client = await pool.connect();
    try {
      await client.query(begin);
      const { rows } = await client.query<Record<string, unknown>>({ ...STATEMENTS[tool], values });
      await client.query('ROLLBACK');
      return rows;
    } finally {
      client.release();
    }
  };
  return {
    call: async (tool, { region, limit }) => {
      if (tool === 'check_identity') return { platform: (await query(tool, []))[0] };
      const rows = await query(tool, [region, limit]);
      return { rows, total_rows: rows[0]?.['total_rows'] };
    },
  };
}
