import { expect, test } from 'vitest';

import { refuseProduction } from './refuse-production.ts';

test.each([
  {},
  { PORTAL_PUBLIC_URL: '', MCP_PUBLIC_URL: '' },
  { PORTAL_PUBLIC_URL: 'http://127.0.0.1:8700', MCP_PUBLIC_URL: 'http://localhost:8701' },
  { PORTAL_PUBLIC_URL: 'http://[::1]:8700' },
])('%j is this machine', (env) => {
  expect(() => refuseProduction(env)).not.toThrow();
});

test.each([
  [{ PORTAL_PUBLIC_URL: 'https://portal.example' }, 'PORTAL_PUBLIC_URL is not loopback'],
  [
    { MCP_PUBLIC_URL: 'https://mcp.example', PORTAL_PUBLIC_URL: 'http://127.0.0.1:8700' },
    'MCP_PUBLIC_URL is not loopback',
  ],
  [{ MCP_PUBLIC_URL: 'http://127.0.0.1.nip.example' }, 'MCP_PUBLIC_URL is not loopback'],
  [{ MCP_PUBLIC_URL: 'not a url' }, 'MCP_PUBLIC_URL is not loopback'],
  [
    { MCP_PUBLIC_URL: 'https://a.example', PORTAL_PUBLIC_URL: 'https://b.example' },
    'PORTAL_PUBLIC_URL is not loopback, MCP_PUBLIC_URL is not loopback',
  ],
])('%j is production', (env, reason) => {
  expect(() => refuseProduction(env)).toThrow(
    expect.objectContaining({ exitCode: 78, message: `causeway dev does not work in production: ${reason}` }) as Error,
  );
});
