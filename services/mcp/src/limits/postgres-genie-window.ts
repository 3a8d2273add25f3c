import type pg from 'pg';
import { GENIE_WINDOW_MS, type GenieWindow } from './genie-window.ts';
import { underLock } from './under-lock.ts';

const FUNCTION = `CREATE OR REPLACE FUNCTION mcp_take_genie(asking text, window_ms integer, most integer, most_of_caller integer)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  since timestamptz;
  all_of_them integer;
  theirs integer;
  oldest timestamptz;
BEGIN
  -- One at a time: two who count at once would both find the last place free.
  PERFORM pg_advisory_xact_lock(hashtext('mcp_genie_questions'));
  since := clock_timestamp() - make_interval(secs => window_ms / 1000.0);
  DELETE FROM mcp_genie_questions WHERE asked_at <= since;
  SELECT count(*), count(*) FILTER (WHERE caller = asking) INTO all_of_them, theirs FROM mcp_genie_questions;
  IF theirs >= most_of_caller THEN
    SELECT asked_at INTO oldest FROM mcp_genie_questions WHERE caller = asking ORDER BY asked_at OFFSET theirs - most_of_caller LIMIT 1;
  ELSIF all_of_them >= most THEN
    SELECT asked_at INTO oldest FROM mcp_genie_questions ORDER BY asked_at OFFSET all_of_them - most LIMIT 1;
  ELSE
    INSERT INTO mcp_genie_questions (asked_at, caller) VALUES (clock_timestamp(), asking);
    RETURN NULL;
  END IF;
  RETURN greatest(1, ceil(extract(epoch FROM oldest - since) * 1000));
END $$`;

const SETUP = [
  'CREATE UNLOGGED TABLE IF NOT EXISTS mcp_genie_questions (asked_at timestamptz NOT NULL, caller text NOT NULL)',
  'CREATE INDEX IF NOT EXISTS mcp_genie_questions_by_time ON mcp_genie_questions (asked_at)',
  FUNCTION,
];

/** The window in the state database: one call of a function, which holds a lock while it counts. */
export async function createPostgresGenieWindow(pool: pg.Pool): Promise<GenieWindow> {
  await underLock(pool, async (client) => {
    for (const statement of SETUP) await client.query(statement);
  });
  return {
    take: async (caller, { limit, perCaller }) => {
      const { rows } = await pool.query<{ wait_ms: number | null }>({
        name: 'mcp_take_genie',
        text: 'SELECT mcp_take_genie($1, $2, $3, $4) AS wait_ms',
        values: [caller, GENIE_WINDOW_MS, limit, perCaller],
      });
      return rows[0]?.wait_ms ?? undefined;
    },
  };
}
