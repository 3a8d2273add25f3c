import { mcpCallCase } from './mcp-call.ts';

export const benchCase = mcpCallCase({
  name: 'mcp-check-identity',
  what: 'check_identity, the whole way: token, role, limit, engine, audit, log line',
  tool: 'check_identity',
  args: {},
  isRight: ({ platform }) => (platform as { groups?: string[] } | undefined)?.groups?.[0] === 'west_sales',
});
