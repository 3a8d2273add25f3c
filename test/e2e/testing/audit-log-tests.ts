import { beforeAll, describe, expect, vi } from 'vitest';
import type { McpWorld } from '../mcp-world.ts';
import { requirement } from '../requirement.ts';

const FELIX = 'felix@fabrikam.example';
const WANDA = 'wanda@northwind.example';
const WAIT = { timeout: 60_000, interval: 250 };

interface Event {
  readonly event_id: string;
  readonly occurred_at: string;
  readonly [field: string]: unknown;
}
interface Found {
  readonly rows: readonly Event[];
  readonly truncated: boolean;
}
type Ask = (args: object) => Promise<Found>;

const FIELDS = `event_id occurred_at kind request_id trace_id service pattern idp human_subject human_email principal_id role agent
client_id tool arguments statement status error_code reason rows_returned masked_columns latency_ms policy_digest`;

/** query_audit_log, over calls that these tests make. */
export function auditLogTests(world: () => McpWorld): void {
  const ask: Ask = async (args) => {
    const { content, code } = await world().call(await world().proofOf(FELIX), 'query_audit_log', args);
    expect(code).toBeUndefined();
    return content as unknown as Found;
  };
  describe('query_audit_log', () => {
    beforeAll(async () => {
      const wanda = await world().proofOf(WANDA);
      const calls = Array.from({ length: 55 }, (_, n) => world().call(wanda, 'query_sales_data', { limit: 1 + n }));
      await Promise.all(calls);
      await world().call(wanda, 'query_audit_log');
      await world().call(wanda, 'query_sales_data', { limit: 0 });
      const stored = async () => {
        const { rows } = await ask({ email: WANDA, tool: 'query_sales_data', limit: 200 });
        const { rows: denied } = await ask({ email: WANDA, status: 'access_denied', tool: 'query_audit_log' });
        return rows.length >= 56 && rows.some(({ status }) => status === 'error') && denied.length > 0;
      };
      await vi.waitUntil(stored, WAIT);
    });
    rowTests(ask);
    filterTests(ask);
  });
}

function rowTests(ask: Ask): void {
  requirement('audit-log-output', 'the fields of an event, newest first', async () => {
    const { rows } = await ask({ email: WANDA, tool: 'query_sales_data', status: 'success' });
    expect(Object.keys(rows[0] ?? {})).toEqual(FIELDS.split(/\s/));
    expect(rows[0]).toMatchObject({
      kind: 'tool_call',
      service: 'mcp',
      pattern: 'federation',
      idp: 'northwind',
      role: 'west_sales',
      client_id: 'partner-portal',
      arguments: { limit: expect.any(Number) },
      statement: expect.stringContaining('SELECT'),
      masked_columns: ['margin_pct'],
    });
    const ids = rows.map(({ event_id: id }) => id);
    expect(ids).toEqual(ids.toSorted().toReversed());
    for (const { occurred_at: at } of rows) expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  });

  requirement('audit-log-limit', 'fifty by default, 1 to 200 when asked, and whether there are more', async () => {
    const shape = async (args: object) => {
      const { rows, truncated } = await ask({ email: WANDA, tool: 'query_sales_data', status: 'success', ...args });
      return [rows.length, truncated];
    };
    expect(await shape({})).toEqual([50, true]);
    expect(await shape({ limit: 1 })).toEqual([1, true]);
    const { rows } = await ask({ limit: 200 });
    expect(rows.length).toBeGreaterThan(50);
    const [all] = await shape({ limit: 200 });
    expect(await shape({ limit: all })).toEqual([all, false]);
  });
}

function filterTests(ask: Ask): void {
  requirement('audit-log-filters', 'by person, tool and status', async () => {
    const { rows } = await ask({ email: WANDA, tool: 'query_sales_data', status: 'error', limit: 200 });
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row).toMatchObject({ human_email: WANDA, tool: 'query_sales_data', status: 'error' });
    }
    const denied = await ask({ email: WANDA, tool: 'query_audit_log' });
    expect(new Set(denied.rows.map(({ status }) => status))).toEqual(new Set(['access_denied']));
    expect((await ask({ email: 'nobody@northwind.example' })).rows).toEqual([]);
  });

  requirement('audit-log-filters', 'from one time on, and until before another', async () => {
    const of = { email: WANDA, tool: 'query_sales_data' } as const;
    const { rows } = await ask({ ...of, limit: 200 });
    const until = rows[5]?.occurred_at ?? '';
    const since = rows.at(-5)?.occurred_at ?? '';
    const found = await ask({ ...of, since, until, limit: 200 });
    const [from, before] = [Date.parse(since), Date.parse(until)];
    const expected = rows.filter(({ occurred_at: at }) => Date.parse(at) >= from && Date.parse(at) < before);
    expect(found.rows).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
    expect(expected.length).toBeLessThan(rows.length);
  });
}
