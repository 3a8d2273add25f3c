import { expect, test } from 'vitest';
import { callTool } from '../call/call-tool.ts';
import { callerOf, callWorld } from '../testing/call-world.ts';
import { TOOL_LIST } from './index.ts';

const identity = { currentUser: 'principal-of-west', groups: ['west_sales'] };

async function identityOf(change: Parameters<typeof callerOf>[1] = {}) {
  const caller = callerOf('west_sales', change);
  const world = callWorld({ identity });
  const result = await callTool(world.deps, world.call('check_identity', {}, { caller }));
  return result.ok ? result.content : result.error.code;
}

test('says who calls, what the engine says of it, and what it may do', async () => {
  expect(await identityOf()).toEqual({
    pattern: 'federation',
    human: { idp: 'northwind', subject: 's-west_sales', email: 'west_sales@northwind.example' },
    agent: null,
    principal: { id: callerOf('west_sales').principal.id, role: 'west_sales', groups: ['west_sales'] },
    platform: { current_user: 'principal-of-west', groups: ['west_sales'] },
    scopes: ['sql', 'genie'],
    allowed_tools: ['check_identity', 'get_region_summary', 'query_sales_data', 'genie_query', 'query_knowledge_base'],
    expires_at: '2243-10-17T00:00:00.000Z',
  });
});

test('tells of scopes only what token and policy both give', async () => {
  expect(await identityOf({ scopes: ['audit', 'sql'] })).toMatchObject({ scopes: ['sql'] });
});

test('does not tell of a tool that this deployment does not offer', async () => {
  const world = callWorld({ identity, tools: TOOL_LIST.filter(({ name }) => name !== 'genie_query') });
  const result = await callTool(world.deps, world.call('check_identity'));
  expect(result.ok && result.content['allowed_tools']).not.toContain('genie_query');
});

test('needs no scope', async () => {
  expect(await identityOf({ scopes: [] })).toMatchObject({ scopes: [] });
});
