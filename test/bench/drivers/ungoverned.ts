import pg from 'pg';
import type { StartDriver } from '../src/bench-case.ts';
import { areWestDeals, DEALS_QUERY } from './deals-query.ts';

/** The same rows by a login that is a member of the group itself: no transaction, no role to take, no attribution. */
export const startDriver: StartDriver = ({ memberUrl = '' }) => {
  const pool = new pg.Pool({ connectionString: memberUrl, max: 16 });
  return Promise.resolve({
    call: async () => {
      const { rows } = await pool.query<{ region: string; amount: number }>({ ...DEALS_QUERY, values: [100] });
      return areWestDeals(rows);
    },
  });
};
