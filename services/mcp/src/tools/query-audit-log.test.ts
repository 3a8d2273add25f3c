import { expect, test } from 'vitest';
import { callTool } from '../call/call-tool.ts';
import { callerOf, callWorld } from '../testing/call-world.ts';

const event = (n: number) => ({
  ...Object.fromEntries(
    [
      'trace_id',
      'pattern',
      'idp',
      'human_subject',
      'human_email',
      'principal_id',
      'role',
      'agent',
      'client_id',
      'tool',
      'arguments',
      'statement',
      'error_code',
      'reason',
      'rows_returned',
      'masked_columns',
      'latency_ms',
      'policy_digest',
    ].map((name) => [name, null]),
  ),
  event_id: `e${n}`,
  occurred_at: '2026-11-20T05:39:59.184Z',
  kind: 'tool_call',
  request_id: 'r',
  service: 'mcp',
  status: 'success',
});

async function ask(args: object, rows: object[] = [event(3), event(2), event(1)]) {
  const world = callWorld({ engine: { query_audit_log: () => rows } });
  const result = await callTool(world.deps, world.call('query_audit_log', args, { caller: callerOf('finance') }));
  return { ...world, result, statement: world.asked[0] };
}

test('newest first, and whether there are more than asked for', async () => {
  const { result, statement } = await ask({ limit: 2 });
  expect(result).toMatchObject({ content: { rows: [{ event_id: 'e3' }, { event_id: 'e2' }], truncated: true } });
  expect(statement?.text).toContain('ORDER BY event_id DESC LIMIT $1');
  expect(statement?.values).toEqual([3]);
  expect((await ask({})).result).toMatchObject({ content: { truncated: false } });
});

test('filters are bound', async () => {
  const since = '2026-11-20T05:00:00Z';
  const { statement } = await ask({ since, email: "x' OR true", tool: 'genie_query', status: 'success' });
  expect(statement?.values).toEqual([since, "x' OR true", 'genie_query', 'success', 51]);
  expect(statement?.text).toContain('WHERE occurred_at >= $1 AND human_email = $2 AND tool = $3 AND status = $4');
});

test.each([{ since: 'yesterday' }, { limit: 201 }, { tool: 'nope' }, { status: 'ok' }])('refused: %j', async (args) => {
  expect((await ask(args)).result).toMatchObject({ ok: false, error: { code: 'invalid_request' } });
});

test.each([
  [{ region: 'WEST' }, { region: 'WEST' }],
  ['{"region":"WEST"}', { region: 'WEST' }],
  [null, null],
])('arguments come as JSON or as its text: %j', async (stored, expected) => {
  const { result } = await ask({}, [{ ...event(1), arguments: stored }]);
  expect(result).toMatchObject({ content: { rows: [{ arguments: expected }] } });
});

test.each(['no json', '[1]'])('arguments that are neither reach nobody: %s', async (stored) => {
  const { result } = await ask({}, [{ ...event(1), arguments: stored }]);
  expect(result).toMatchObject({ ok: false });
});
