import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { EMAIL } from '../credentials.ts';
import { HIDDEN, withoutOne } from '../hostile-partner.ts';
import type { SecurityWorld } from '../security-world.ts';

const SQL = [
  "' OR '1'='1",
  "WEST' OR region='EAST",
  "'; RESET ROLE; SELECT * FROM sales.deals; --",
  "'; SET ROLE causeway_p_executive; --",
  "WEST'); DROP TABLE sales.deals; --",
  "' UNION SELECT rolname, rolpassword FROM pg_authid --",
  '$1',
  '$$; SELECT 1; $$',
  "\\'; SELECT pg_sleep(60); --",
  "E'\\x27 OR 1=1'",
  "') OR pg_read_file('/etc/passwd') IS NOT NULL OR ('",
  'region; /* */ --',
  'ʼ OR 1=1 --',
  '\u0000',
  '"; SELECT current_user; --',
];

export function data(started: () => SecurityWorld): void {
  describe('data', () => {
    sqlInInputs(started);
    hiddenInstructions(started);
  });
}

function sqlInInputs(started: () => SecurityWorld): void {
  // Red when `regionSummary` in services/mcp/src/tools/get-region-summary.ts puts the region into the SQL instead of binding it: the words with a quote.
  test.each(SQL)('[sql] %j is a word in every input, and nothing else', async (words) => {
    const world = started();
    const wanda = await world.as(EMAIL.wanda);
    const calls = [
      ['get_region_summary', { region: words.slice(0, 40) }],
      ['query_sales_data', { region: words.slice(0, 40), limit: 100 }],
      ['query_sales_data', { stage: words.slice(0, 40), limit: 100 }],
      ['query_sales_data', { order_by: words }],
      ['genie_query', { question: `revenue by region where region is ${words}` }],
      ['genie_query', { question: words }],
    ] as const;
    for (const [tool, args] of calls) {
      const { code, content, text } = await world.call(wanda, tool, args);
      expect([tool, code === undefined || code === 'invalid_request']).toEqual([tool, true]);
      for (const region of ['EAST', 'NORTH', 'SOUTH'])
        expect(JSON.stringify(content['rows'] ?? [])).not.toContain(region);
      expect(text).not.toMatch(/syntax error|pg_|SCRAM|SQLSTATE|unterminated/);
    }
    const auditor = await world.as(EMAIL.elena);
    const { content } = await world.call(auditor, 'query_audit_log', { email: words });
    expect(content['rows'] ?? []).toEqual([]);
    const { code } = await world.call(auditor, 'query_knowledge_base', { query: words });
    expect([undefined, 'invalid_request', 'rate_limited']).toContain(code);
    // The role is still theirs, and the table is still there.
    const rows = (await world.call(wanda, 'get_region_summary')).content['rows'] as { region: string }[];
    expect(rows.map(({ region }) => region)).toEqual(['WEST']);
  });
}

function hiddenInstructions(started: () => SecurityWorld): void {
  // Red when services/mcp/src/call/guard-output.ts cleans nothing.
  test('[hidden-rows] a row cannot carry words that its reader does not see', async () => {
    const world = started();
    const customer = `Acme${Object.values(HIDDEN).join('')} Ltd`;
    const changed =
      'UPDATE sales_base.deals SET customer = $1 WHERE id = (SELECT id FROM sales_base.deals ORDER BY amount DESC, id LIMIT 1) RETURNING amount::float8';
    const [row] = await administer<{ amount: number }>(world, changed, [customer]);
    const asked = { min_amount: row?.amount ?? 0, limit: 100 };
    const answers = await Promise.all(
      ['WEST', 'EAST', 'NORTH', 'SOUTH'].map(async (region) =>
        world.call(await world.as(EMAIL.ada), 'query_sales_data', { ...asked, region }),
      ),
    );
    const shown = JSON.stringify(answers.map(({ content }) => content));
    expect(shown).toContain('Acme');
    expect(withoutOne(shown)).toContain('"Acme[2J31m Ltd"');
  });
}

async function administer<Row extends pg.QueryResultRow>(
  { mcp }: SecurityWorld,
  sql: string,
  values: unknown[],
): Promise<Row[]> {
  const client = new pg.Client(mcp.environment['ADMIN_DATABASE_URL']);
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
