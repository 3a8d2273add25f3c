import pg from 'pg';
import type { StartDriver } from '../src/bench-case.ts';
import { areWestDeals, DEALS_QUERY } from './deals-query.ts';

/** The usual way to take a role for one query: begin with the settings, ask, end, each awaited. */
export const startDriver: StartDriver = ({ gatewayUrl = '', role = '' }) => {
  const pool = new pg.Pool({ connectionString: gatewayUrl, max: 16 });
  const begin = `BEGIN READ ONLY; SET LOCAL ROLE ${pg.escapeIdentifier(role)}; SET LOCAL statement_timeout = 10000`;
  return Promise.resolve({
    call: async () => {
      const client = await pool.connect();
      try {
        await client.query(begin);
        const { rows } = await client.query<{ region: string; amount: number }>({ ...DEALS_QUERY, values: [100] });
        await client.query('ROLLBACK');
        return areWestDeals(rows);
      } finally {
        client.release();
      }
    },
  });
};
