import { describe, expect } from 'vitest';
import type { McpWorld, ToolResult } from '../mcp-world.ts';
import { requirement } from '../requirement.ts';

const ADA = 'ada@contoso.example';
const WANDA = 'wanda@northwind.example';

/** What the contract's table says of them, written out by hand. */
const FAILURES = {
  invalid_request: 'The arguments are not valid: limit is too small (at least 1).',
  access_denied: 'You may not do this.',
  not_found: 'There is nothing here by that name.',
} as const;

/** How a failure looks to the caller. */
export function errorTests(world: () => McpWorld): void {
  describe('failures', () => {
    shapeTests(world);
    transportTests(world);
    argumentTests(world);
  });
}

async function failuresOf(world: McpWorld): Promise<Record<keyof typeof FAILURES, ToolResult>> {
  const [ada, wanda] = [await world.proofOf(ADA), await world.proofOf(WANDA)];
  return {
    invalid_request: await world.call(ada, 'query_sales_data', { limit: 0 }),
    access_denied: await world.call(wanda, 'query_audit_log'),
    not_found: await world.call(ada, 'external_api_call', { connection: 'nope', method: 'GET', path: '/' }),
  };
}

function shapeTests(world: () => McpWorld): void {
  requirement(
    ['tool-error-shape', 'text-equals-structured', 'error-table'],
    'a failed tool is a result with isError, and holds code, message and request id',
    async () => {
      for (const [code, { status, content, error, text }] of Object.entries(await failuresOf(world()))) {
        expect(content).toEqual({ error: { code, message: expect.any(String), request_id: expect.any(String) } });
        expect([status, error, JSON.parse(text)]).toEqual([200, content['error'], content]);
        expect(error?.message).toBe(FAILURES[code as keyof typeof FAILURES]);
        const logged = () =>
          world()
            .logOf('mcp')
            .some(({ request_id: id }) => id === error?.request_id);
        await expect.poll(logged, { timeout: 30_000 }).toBe(true);
      }
    },
  );

  requirement('text-equals-structured', 'the text of a result is the same JSON', async () => {
    const proof = await world().proofOf(ADA);
    for (const tool of ['check_identity', 'get_region_summary', 'query_sales_data', 'query_audit_log']) {
      const { content, text } = await world().call(proof, tool);
      expect(JSON.parse(text)).toEqual(content);
    }
  });

  requirement('error-no-inside', 'no address, file, statement, stack or token is in what callers read', async () => {
    const proof = await world().proofOf(ADA);
    const handle = { question: 'only WEST', conversation_id: 'k1.AAAA' };
    const answers = [
      ...Object.values(await failuresOf(world())),
      await world().call(proof, 'genie_query', handle),
      await world().call({ ...proof, headers: { authorization: 'Bearer secret-canary' } }, 'check_identity'),
      await world().call(proof, 'external_api_call', { connection: 'orders', method: 'GET', path: '/../github' }),
    ];
    for (const { content, error, challenge } of answers) {
      const said = JSON.stringify([content, error]);
      expect(said).not.toMatch(/127\.0\.0\.1|localhost|\/work|\.ts|\bat [\w/.]+:\d|SELECT|canary|ECONN|Bearer /);
      expect(challenge ?? '').not.toContain('canary');
    }
  });
}

function transportTests(world: () => McpWorld): void {
  requirement('error-table', 'what is no tool’s result is an answer of HTTP with its code', async () => {
    const call = (headers: Record<string, string>) => world().call({ url: world().url, headers }, 'check_identity');
    expect(await call({})).toMatchObject({ status: 401, challenge: expect.stringContaining('resource_metadata=') });
    expect(await call({ authorization: 'Bearer x' })).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('error="invalid_token"'),
    });
    expect(await call({ 'x-forwarded-access-token': 'x' })).toMatchObject({ status: 400 });
    const narrow = await world().exchange(await world().signIn(ADA), { scope: 'sql' });
    expect(await world().call(world().bearer(narrow), 'query_audit_log')).toMatchObject({
      status: 403,
      challenge: expect.stringContaining('error="insufficient_scope"'),
    });
    const { status, error } = await world().call(await world().proofOf(ADA), 'no_such_tool');
    expect([status, error]).toEqual([200, { code: -32602, message: 'Unknown tool' }]);
  });

  requirement('error-table', 'the portal says it by OAuth’s own names', async () => {
    const subject = await world().signIn(WANDA);
    const answer = async (change: Record<string, string>) =>
      world()
        .exchange(subject, change)
        .catch((error: Error) => error.message);
    expect(await answer({ resource: 'https://elsewhere.example/mcp' })).toContain('400 invalid_target');
    expect(await answer({ scope: 'audit' })).toContain('400 invalid_scope');
    expect(await answer({ subject_token: 'x' })).toContain('400 invalid_request');
    expect(await answer({ client_id: 'nobody' })).toContain('401 invalid_client');
  });
}

function argumentTests(world: () => McpWorld): void {
  requirement('unknown-argument', 'every tool refuses an argument that it does not have', async () => {
    const proof = await world().proofOf(ADA);
    const calls = {
      check_identity: {},
      get_region_summary: {},
      query_sales_data: {},
      query_audit_log: {},
      genie_query: { question: 'revenue' },
      query_knowledge_base: { query: 'discount' },
      ask_supervisor: { question: 'revenue' },
      github_search: { query: 'sales', kind: 'code' },
      external_api_call: { connection: 'orders', method: 'GET', path: '/orders' },
    };
    for (const [tool, args] of Object.entries(calls)) {
      expect([tool, (await world().call(proof, tool, args)).code]).toEqual([tool, undefined]);
      const { error } = await world().call(proof, tool, { ...args, canary_argument: 1 });
      expect([tool, error?.code]).toEqual([tool, 'invalid_request']);
      expect(error?.message).not.toContain('canary_argument');
    }
  });
}
