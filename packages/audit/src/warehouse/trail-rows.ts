import type pg from 'pg';
import { BASE } from './audit-names.ts';
import { type StoredRow, streamRows } from './stored-row.ts';

/** The stored trail, for whoever checks it. */
export interface TrailRows {
  /** Also those that stand in rows only, which the worker never makes; '' for rows that name none. */
  chains(): Promise<readonly string[]>;
  /** Behind `after`, in the order of `chain_seq`; of the same number by id. Without it from the very beginning: numbers that no worker gives come first. */
  rows(chain: string, after: number | undefined): AsyncIterable<StoredRow>;
}

/** Found by jumping from one to the next in the index. */
const CHAINS = `WITH RECURSIVE named(chain) AS (
  SELECT min(chain) FROM ${BASE}.tool_calls
  UNION ALL SELECT (SELECT min(t.chain) FROM ${BASE}.tool_calls t WHERE t.chain > named.chain) FROM named WHERE named.chain IS NOT NULL
) SELECT chain FROM named WHERE chain IS NOT NULL UNION SELECT chain FROM ${BASE}.chains
UNION SELECT '' WHERE EXISTS (SELECT FROM ${BASE}.tool_calls t WHERE t.chain IS NULL) ORDER BY chain`;

// A column that may be NULL is the owner's work, and so are its rows.
const ofChain = (chain: string) => (chain === '' ? '(chain IS NULL OR chain = $1)' : 'chain = $1');

export function postgresTrailRows(client: pg.ClientBase): TrailRows {
  return {
    async chains() {
      const { rows } = await client.query<{ chain: string }>(CHAINS);
      return rows.map(({ chain }) => chain);
    },
    rows(chain, after) {
      const [where, values] =
        after === undefined ? [ofChain(chain), [chain]] : [`${ofChain(chain)} AND chain_seq > $2`, [chain, after]];
      return streamRows(client, { where, values, order: 'chain_seq, event_id' });
    },
  };
}
