import { AppError } from '@causeway/core';
import type { Policy, PolicyDocument } from '@causeway/policy';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { callTool } from './call-tool.ts';
import { defineTool, type Tool } from './define-tool.ts';
import { callerOf, callWorld, type WorldOptions } from '../testing/call-world.ts';

const summary = { region: 'WEST', deals: 3, revenue: 10.5, average_deal: 3.5 };
const engine = { get_region_summary: () => [summary] };

/** A tool that does what the test wants, in the place of one that everybody may call. */
function toolOf(does: Parameters<typeof defineTool>[0]['run'], change: { deadlineMs?: number } = {}): Tool {
  return defineTool({
    name: 'get_region_summary',
    title: 'test',
    description: 'test',
    input: z.strictObject({ secret: z.string().optional(), region: z.string().optional() }),
    output: z.object({ rows: z.array(z.any()) }),
    scope: 'sql',
    effect: 'read',
    audit: ({ region }) => ({ region }),
    rows: 'rows',
    run: does as never,
    ...change,
  });
}

async function run(options: WorldOptions, args: unknown = {}, change = {}) {
  const world = callWorld(options);
  const result = await callTool(world.deps, world.call('get_region_summary', args, change));
  return { ...world, result };
}

test('a good call: opened as the caller, answered, recorded once with what the tool names', async () => {
  const caller = callerOf('west_sales');
  const { result, events, openedAs, openedWith } = await run({ engine }, { region: 'WEST' }, { caller });
  expect(result).toEqual({ ok: true, content: { rows: [summary] }, json: JSON.stringify({ rows: [summary] }) });
  expect(openedAs).toEqual([caller]);
  expect(openedWith[0]?.credential?.reveal()).toBe('the token of the call');
  expect(events).toEqual([
    {
      kind: 'tool_call',
      requestId: 'request-1',
      caller,
      clientId: 'partner-portal',
      tool: 'get_region_summary',
      outcome: { status: 'success' },
      arguments: { region: 'WEST' },
      statement: expect.stringContaining('GROUP BY "region"'),
      rowsReturned: 1,
      maskedColumns: undefined,
      latencyMs: expect.any(Number),
      policyDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  ]);
});

describe('while an edit waits for the engine', () => {
  const waiting = (change: (policy: Policy) => void) => (inForce: PolicyDocument) => {
    const policy = structuredClone(inForce.policy);
    change(policy);
    return { ...inForce, policy, digest: 'of the edit', engineDigest: 'of the edit' };
  };
  const { human } = callerOf('west_sales');

  test.each<[string, (policy: Policy) => void, string]>([
    ['a human', ({ revoked }) => void revoked.humans.push({ ...human! }), 'invalid_token'],
    ['a token', ({ revoked }) => void revoked.tokens.push('token-1'), 'invalid_token'],
    ['a role', ({ revoked }) => void revoked.roles.push('west_sales'), 'invalid_token'],
    ['a tool of a role', ({ tools }) => void (tools.get_region_summary = ['admin']), 'access_denied'],
    ['a role’s principal', ({ roles }) => void (roles['west_sales']!.principal = 'another'), 'invalid_token'],
    ['a provider', (policy) => void (policy.providers = policy.providers.slice(1)), 'invalid_token'],
  ])('what it takes away is gone at once: %s', async (_, change, code) => {
    const { result, openedAs, deps } = await run({ engine, waiting: waiting(change) });
    expect(result).toMatchObject({ ok: false, error: { code } });
    expect(openedAs).toEqual([]);
    expect(deps.policy().toolsOf(callerOf('west_sales'))).not.toContain('get_region_summary');
  });

  test('one of the platform’s own people whom it no longer names is out at once', async () => {
    const email = 'olivia@causeway.example';
    const olivia = callerOf('finance', {
      pattern: 'obo',
      human: { issuer: 'https://workspace.example/', subject: 'olivia', email, idp: 'workspace' },
      principal: { id: email, role: undefined, groups: [] },
    });
    const drops = waiting(({ workspace }) => void delete workspace!.humans[email]);
    const world = callWorld({ engine, waiting: drops });
    const refused = await callTool(world.deps, world.call('get_region_summary', {}, { caller: olivia }));
    expect(refused).toMatchObject({ ok: false, error: { code: 'invalid_token' } });
    expect(world.openedAs).toEqual([]);
    const keeps = callWorld({ engine, waiting: waiting(() => undefined) });
    const answered = await callTool(keeps.deps, keeps.call('get_region_summary', {}, { caller: olivia }));
    expect(answered).toMatchObject({ ok: true });
  });

  test.each<[string, (policy: Policy) => void, boolean]>([
    ['nothing', () => undefined, true],
    ['the connection', ({ connections }) => void delete connections['orders'], false],
    ['its grant', ({ connections }) => void (connections['orders']!.grants = ['admin']), false],
    ['the path', ({ connections }) => void (connections['orders']!.allow = ['GET /other']), false],
  ])('of a connection it takes away at once: %s', async (_, change, isAnswered) => {
    const asked: unknown[] = [];
    const request = async (call: unknown) => {
      asked.push(call);
      return {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from('{}'),
        truncated: false,
      };
    };
    const world = callWorld({ engine, waiting: waiting(change), connection: async () => ({ request }) });
    const args = { connection: 'orders', method: 'GET', path: '/orders' };
    const call = world.call('external_api_call', args, { caller: callerOf('executive') });
    const result = await callTool(world.deps, call);
    expect(result).toMatchObject(isAnswered ? { ok: true } : { ok: false, error: { code: 'access_denied' } });
    expect(asked).toHaveLength(isAnswered ? 1 : 0);
  });

  test('what it gives has to wait, and the rest goes on under the policy before', async () => {
    const gives = waiting(({ tools }) => void tools.query_audit_log!.push('west_sales'));
    const world = callWorld({ engine, waiting: gives });
    const denied = await callTool(world.deps, world.call('query_audit_log'));
    expect(denied).toMatchObject({ ok: false, error: { code: 'access_denied' } });
    expect(await callTool(world.deps, world.call('get_region_summary'))).toMatchObject({ ok: true });
    expect(world.events.map(({ policyDigest }) => policyDigest)).not.toContain('of the edit');
    expect(world.deps.policy().toolsOf(callerOf('west_sales'))).not.toContain('query_audit_log');
  });
});

describe('what is refused reaches nothing behind it, and is recorded', () => {
  test('a role that may not', async () => {
    const world = callWorld({ engine });
    const result = await callTool(world.deps, world.call('query_audit_log'));
    expect(result).toMatchObject({ ok: false, error: { code: 'access_denied' } });
    expect(world.openedAs).toEqual([]);
    expect(world.events).toMatchObject([
      { outcome: { status: 'access_denied', errorCode: 'access_denied' }, tool: 'query_audit_log' },
    ]);
  });

  test('a role that may, with a token that was not given the scope', async () => {
    const { result, openedAs, events } = await run(
      { engine },
      {},
      { caller: callerOf('west_sales', { scopes: ['genie'] }) },
    );
    expect(result).toMatchObject({ ok: false, error: { code: 'insufficient_scope', scope: 'sql' } });
    expect(openedAs).toEqual([]);
    expect(events).toMatchObject([{ outcome: { status: 'access_denied', errorCode: 'insufficient_scope' } }]);
  });

  test('the role is asked before the scope', async () => {
    const world = callWorld({ engine });
    const caller = callerOf('west_sales', { scopes: [] });
    const result = await callTool(world.deps, world.call('query_audit_log', {}, { caller }));
    expect(result).toMatchObject({ ok: false, error: { code: 'access_denied' } });
  });

  test('a principal that the policy no longer has', async () => {
    const caller = callerOf('west_sales', { principal: { id: crypto.randomUUID(), role: 'west_sales', groups: [] } });
    const { result, openedAs } = await run({ engine }, {}, { caller });
    expect(result).toMatchObject({ ok: false, error: { code: 'invalid_token' } });
    expect(openedAs).toEqual([]);
  });

  test('an argument that the tool does not have, whose value is not repeated', async () => {
    const { result, openedAs, events } = await run({ engine }, { role: 'hunter2', hunter3: 1 });
    expect(result).toMatchObject({ ok: false, error: { code: 'invalid_request' } });
    expect(openedAs).toEqual([]);
    expect(events).toHaveLength(1);
    const texts = JSON.stringify(events) + (result.ok ? '' : result.error.publicMessage);
    expect(texts).not.toMatch(/hunter/);
  });

  test('who is over a limit', async () => {
    const limits = { enter: () => Promise.reject(new AppError('rate_limited', 'x', { retryAfterMs: 5 })) };
    const { result, openedAs, events } = await run({ engine, limits });
    expect(result).toMatchObject({ ok: false, error: { code: 'rate_limited', retryAfterMs: 5 } });
    expect(openedAs).toEqual([]);
    expect(events).toMatchObject([{ outcome: { status: 'rate_limited' } }]);
  });
});

test('when the audit is down nothing is answered', async () => {
  const audit = { record: () => Promise.reject(new AppError('audit_unavailable', 'disk full')) };
  const { result } = await run({ engine, audit });
  expect(result).toMatchObject({ ok: false, error: { code: 'audit_unavailable' } });
});

test('the answer waits for the record', async () => {
  const written = Promise.withResolvers<never>();
  const world = callWorld({ engine, audit: { record: () => written.promise } });
  let answered = false;
  const calling = callTool(world.deps, world.call('get_region_summary')).then(() => (answered = true));
  await delay(5);
  expect(answered).toBe(false);
  written.resolve({} as never);
  await calling;
});

test('what a tool throws becomes internal, and its text stays inside', async () => {
  const tools = [toolOf(() => Promise.reject(new Error('SELECT secret')))];
  const { result, events } = await run({ tools });
  expect(result).toMatchObject({ ok: false, error: { code: 'internal' } });
  expect(result.ok ? '' : result.error.publicMessage).not.toContain('secret');
  expect(JSON.stringify(events)).not.toContain('secret');
});

test('an output that is not as declared is internal', async () => {
  const { result } = await run({ tools: [toolOf(async () => ({ rows: 'none' }))] });
  expect(result).toMatchObject({ ok: false, error: { code: 'internal' } });
});

test('a tool that ignores its signal does not hold the caller past the deadline', async () => {
  const tools = [toolOf(() => new Promise(() => undefined), { deadlineMs: 5 })];
  const { result, events } = await run({ tools });
  expect(result).toMatchObject({ ok: false, error: { code: 'upstream_timeout' } });
  expect(events).toMatchObject([{ outcome: { errorCode: 'upstream_timeout' } }]);
});

test('a client that goes away ends its call, and the attempt is recorded', async () => {
  const client = new AbortController();
  const seen: AbortSignal[] = [];
  const tools = [
    toolOf((_, { signal }) => {
      seen.push(signal);
      client.abort();
      return new Promise(() => undefined);
    }),
  ];
  const { result, events } = await run({ tools }, {}, { signal: client.signal });
  expect(result.ok).toBe(false);
  expect(seen[0]?.aborted).toBe(true);
  expect(events).toHaveLength(1);
});

test('its place is given back whatever happens', async () => {
  for (const rows of [[summary], 'wrong' as never]) {
    let taken = 0;
    const limits = {
      enter: async () => {
        taken += 1;
        return { [Symbol.dispose]: () => void (taken -= 1) };
      },
    };
    await run({ limits, tools: [toolOf(async () => ({ rows }))] });
    expect(taken).toBe(0);
  }
});

test('what is not named for the record is not recorded', async () => {
  const { events } = await run({ tools: [toolOf(async () => ({ rows: [] }))] }, { secret: 'hunter2', region: 'WEST' });
  expect(events[0]?.arguments).toEqual({ region: 'WEST' });
});

test('a tool is given no token, no request, no limiter and no sink', async () => {
  let given: object = {};
  await run({
    tools: [
      toolOf(async (_, context) => {
        given = context;
        return { rows: [] };
      }),
    ],
  });
  expect(Object.keys(given).toSorted()).toEqual([
    'call',
    'caller',
    'connections',
    'conversations',
    'platform',
    'policy',
    'signal',
  ]);
});

test('the stages are told', async () => {
  const world = callWorld({ engine });
  const call = world.call('get_region_summary');
  await callTool(world.deps, call);
  const names = call.stages.header.split(', ').map((part) => part.split(';')[0]);
  expect(names).toEqual(['decide', 'validate', 'limit', 'exchange', 'run', 'guard', 'audit']);
  expect(call.stages.header).toMatch(/^decide;dur=\d+\.\d{3}, /);
});
