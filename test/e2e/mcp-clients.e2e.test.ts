import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { McpWorld, type Proof } from './mcp-world.ts';
import { requirement } from './requirement.ts';

let world: McpWorld;
let wanda: Proof;
beforeAll(async () => {
  world = await McpWorld.start();
  wanda = await world.proofOf('wanda@northwind.example');
});
afterAll(() => world?.[Symbol.asyncDispose]());

const NAMES = ['check_identity', 'get_region_summary', 'query_sales_data', 'genie_query', 'query_knowledge_base'];
const CALL = { name: 'query_sales_data', arguments: { limit: 2 } };

const options = ({ headers }: Proof) => ({ requestInit: { headers: { ...headers } } });

describe('stock clients, unmodified', () => {
  for (const [name, negotiation, revision] of [
    ['as it comes', {}, undefined],
    ['legacy', { versionNegotiation: { mode: 'legacy' } }, '2025-11-25'],
    ['auto', { versionNegotiation: { mode: 'auto' } }, '2026-07-28'],
    ['pinned', { versionNegotiation: { mode: { pin: '2026-07-28' } } }, '2026-07-28'],
  ] as const) {
    requirement(
      ['mcp-revisions', 'tool-output-schema', 'text-equals-structured'],
      `the SDK’s second client, ${name}`,
      async () => {
        const client = new ModernClient({ name: 'e2e', version: '1' }, negotiation);
        await client.connect(new ModernTransport(new URL(wanda.url), options(wanda)));
        if (revision !== undefined) expect(client.getNegotiatedProtocolVersion()).toBe(revision);
        const { tools } = await client.listTools();
        expect(tools.map((tool) => tool.name)).toEqual(NAMES);
        const good = await client.callTool(CALL);
        expect(JSON.parse((good.content[0] as { text: string }).text)).toEqual(good.structuredContent);
        // A failure is checked against the published schema, too.
        expect(await client.callTool({ name: 'query_sales_data', arguments: { limit: 0 } })).toMatchObject({
          isError: true,
        });
        await expect(client.callTool({ name: 'nope', arguments: {} })).rejects.toMatchObject({ code: -32602 });
        await client.close();
      },
    );
  }

  requirement(['mcp-revisions', 'tool-output-schema'], 'the SDK’s first client: lists, calls, is denied', async () => {
    const client = new LegacyClient({ name: 'e2e', version: '1' });
    await client.connect(new LegacyTransport(new URL(wanda.url), options(wanda)));
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual(NAMES);
    await client.ping();
    const good = await client.callTool(CALL);
    expect((good.structuredContent as { rows: unknown[] }).rows).toHaveLength(2);
    expect(await client.callTool({ name: 'query_sales_data', arguments: { region: 5 } })).toMatchObject({
      isError: true,
    });
    const denied = await client.callTool({ name: 'query_audit_log', arguments: {} });
    expect(denied).toMatchObject({ isError: true, structuredContent: { error: { code: 'access_denied' } } });
    await client.close();
  });
});

describe('what others send', () => {
  const post = async (body: object) => {
    const headers = {
      ...wanda.headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const response = await fetch(wanda.url, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as { result: Record<string, unknown> } };
  };

  requirement(
    ['mcp-revisions', 'mcp-stateless'],
    'a bare tools/list, without initialize and without a version',
    async () => {
      const { status, body } = await post({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
      expect(status).toBe(200);
      expect((body.result['tools'] as { name: string }[]).map(({ name }) => name)).toEqual(NAMES);
    },
  );

  for (const version of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']) {
    requirement('mcp-revisions', `initialize of ${version}`, async () => {
      const params = { protocolVersion: version, capabilities: {}, clientInfo: { name: 'old', version: '1' } };
      const { status, body } = await post({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
      expect([status, body.result['protocolVersion']]).toEqual([200, version]);
    });
  }
});
