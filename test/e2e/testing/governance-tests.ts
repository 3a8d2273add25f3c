import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect } from 'vitest';
import { runCommand } from '../command.ts';
import type { McpWorld } from '../mcp-world.ts';
import { changed, type ChangingPolicy } from '../policy-of-its-own.ts';
import { requirement } from '../requirement.ts';
import { DEMO_POLICY } from '../run-service.ts';
import { averageOf, dealsOf, revenueOf } from '../sample-figures.ts';
import { temporaryFolder } from '../temporary-folder.ts';

interface GovernedWorld {
  readonly world: McpWorld;
  readonly policy: ChangingPolicy;
}

const WANDA = 'wanda@northwind.example';

/** What the policy says of data, in the database that enforces it. */
export function governanceTests(governed: () => GovernedWorld): void {
  describe('the policy in the database', () => {
    toolTests(governed);
    rowTests(governed);
    foreignTableTests(governed);
  });
  describe('addresses in the policy', () => {
    addressTests();
  });
}

/** By a token of now, which has the groups of now. */
async function proofOfNow(world: McpWorld) {
  return world.bearer(await world.exchange(await world.signIn(WANDA)));
}

function toolTests(governed: () => GovernedWorld): void {
  requirement(
    'policy-tool-needs-dataset',
    'a tool without its dataset is not listed and cannot be called',
    async () => {
      const { world, policy } = governed();
      const call = async () => world.call(await proofOfNow(world), 'query_knowledge_base', { query: 'discount' });
      expect(await world.list(await proofOfNow(world))).toContain('query_knowledge_base');
      expect((await call()).code).toBeUndefined();
      await policy.apply((text) => changed(text, '  documents:\n', '  pages:\n'));
      expect(await world.list(await proofOfNow(world))).toEqual([
        'check_identity',
        'get_region_summary',
        'query_sales_data',
        'genie_query',
      ]);
      expect((await call()).code).toBe('access_denied');
    },
  );
}

function rowTests(governed: () => GovernedWorld): void {
  requirement('policy-rows-union', 'who is in two groups sees the rows of both, and no others', async () => {
    const { world, policy } = governed();
    const west = 'principal: 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01, ';
    await policy.apply((text) => changed(text, west, `${west}groups: [east_sales], `));
    const { content } = await world.call(await proofOfNow(world), 'get_region_summary');
    const expected = ['EAST', 'WEST'].map((region) => {
      const deals = dealsOf(region);
      return { region, deals: deals.length, revenue: revenueOf(deals), average_deal: averageOf(deals) };
    });
    expect(content).toEqual({ rows: expected });
    await policy.apply((text) => text);
    const { content: before } = await world.call(await proofOfNow(world), 'get_region_summary');
    expect(before).toEqual({ rows: expected.slice(1) });
  });
}

const TABLE = `
CREATE ROLE erp_owner NOLOGIN;
CREATE SCHEMA erp AUTHORIZATION erp_owner;
CREATE TABLE erp.deals (id int PRIMARY KEY, region text, customer text, rep_email text, product text, stage text,
  amount numeric(12,2) CHECK (amount > 0), margin_pct numeric(5,2), closed_on date, internal_note text);
ALTER TABLE erp.deals OWNER TO erp_owner;
INSERT INTO erp.deals VALUES (1, 'WEST', 'a', 'b', 'c', 'won', 10, 5, '2026-01-01', 'n'), (2, 'EAST', 'a', 'b', 'c', 'won', 20, 5, '2026-01-01', 'n')`;

/** Everything of the table that is not the right to read it. */
const LOOK = `SELECT c.oid, c.relname, c.relnamespace, c.relowner, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
  c.relfilenode, c.reltuples < 0 AS never_analyzed, c.reloptions, obj_description(c.oid) AS comment,
  (SELECT json_agg(a ORDER BY a.attnum) FROM (SELECT attnum, attname, atttypid, attnotnull, atthasdef FROM pg_attribute WHERE attrelid = c.oid) a) AS columns,
  (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) AS policies,
  (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid) AS triggers,
  (SELECT json_agg(conname ORDER BY conname) FROM pg_constraint WHERE conrelid = c.oid) AS constraints,
  (SELECT json_agg(d ORDER BY d.id) FROM erp.deals d) AS rows
FROM pg_class c WHERE c.oid = 'erp.deals'::regclass`;

function foreignTableTests(governed: () => GovernedWorld): void {
  requirement(
    'policy-foreign-tables-untouched',
    'a table of somebody else’s is governed by a view, and is afterwards as it was before',
    async () => {
      const { world, policy } = governed();
      const client = new pg.Client(world.environment['ADMIN_DATABASE_URL']);
      await client.connect();
      try {
        await client.query(TABLE);
        const look = async () => (await client.query<Record<string, unknown>>(LOOK)).rows;
        const before = await look();
        const from = (text: string) => changed(text, '  sales.deals:\n', '  sales.deals:\n    from: erp.deals\n');
        expect(await policy.apply(from, '--grant-sources')).toContain('reading erp.deals');
        const { content } = await world.call(await proofOfNow(world), 'get_region_summary');
        expect(content).toEqual({ rows: [{ region: 'WEST', deals: 1, revenue: 10, average_deal: 10 }] });
        expect(await look()).toEqual(before);
        await policy.apply((text) => text);
        expect(await look()).toEqual(before);
        const { content: own } = await world.call(await proofOfNow(world), 'get_region_summary');
        expect(own).toMatchObject({ rows: [{ deals: dealsOf('WEST').length }] });
      } finally {
        await client.end();
      }
    },
  );
}

function addressTests(): void {
  const check = async (from: string, to: string, ...options: string[]) => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'policy.yaml');
    writeFileSync(file, changed(readFileSync(DEMO_POLICY, 'utf8'), from, to));
    const { exitCode, stdout } = await runCommand(['npx', 'causeway', 'policy', 'check', file, ...options]);
    return [exitCode, stdout];
  };
  const base = 'baseUrl: https://127.0.0.1:8711/v1';

  requirement('connection-https-only', 'a connection without TLS is no policy, not even here', async () => {
    const [exitCode, text] = await check(base, 'baseUrl: http://127.0.0.1:8711/v1');
    expect(exitCode).toBe(1);
    expect(text).toMatch(/:\d+:\d+: error: connections\.orders\.baseUrl: must be an address that begins with https:/);
  });

  requirement(
    'policy-loopback-private',
    'what is on this machine is not public, and nothing of production',
    async () => {
      const [local, why] = await check(`${base}\n    network: [127.0.0.0/8]`, `${base}\n    network: public`);
      expect(local).toBe(1);
      expect(why).toContain('connections.orders.baseUrl: is on this machine, but its network is `public`');
      const [production, all] = await check('version: 1', 'version: 1', '--production');
      expect(production).toBe(1);
      expect(all).toContain('connections.orders.baseUrl: is on this machine, which production does not allow');
      expect(all).toContain('connections.orders.network[0]: 127.0.0.0/8 holds loopback addresses');
    },
  );
}
