import pg from 'pg';
import type { McpWorld } from '../mcp-world.ts';

/** As if the questions of the last minute had been asked two minutes ago: the window has room for all again. */
export async function questionsPassed({ environment }: McpWorld): Promise<void> {
  const client = new pg.Client(environment['STATE_DATABASE_URL']);
  await client.connect();
  await client.query(`UPDATE mcp_genie_questions SET asked_at = asked_at - interval '2 minutes'`);
  await client.end();
}
