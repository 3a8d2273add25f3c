import type { BenchAnswer, BenchCase, BenchRequest, Settings } from '../bench-case.ts';
import { prepareStack } from './mcp-call.ts';

const at = (path: string) => new URL(`../../${path}`, import.meta.url);

export const benchCase: BenchCase = {
  name: 'portal',
  what: 'a token exchange, the whole way, counted and audited, on the state database; beside it the signature alone',
  prepare: prepareStack,
  targets: [
    { kind: 'driver', name: 'one signature', floor: true, module: at('drivers/one-signature.ts'), concurrency: 1 },
    { kind: 'http', name: 'exchange', module: at('servers/portal-service.ts'), request, isRight },
  ],
};

function request({ subjectToken = '', PORTAL_PUBLIC_URL = '', MCP_PUBLIC_URL = '' }: Settings): BenchRequest {
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    client_id: 'partner-portal',
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    resource: `${MCP_PUBLIC_URL}/mcp`,
  });
  const headers = { host: new URL(PORTAL_PUBLIC_URL).host, 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', path: '/oauth/token', headers, body: form.toString() };
}

function isRight({ status, body }: BenchAnswer): boolean {
  return status === 200 && body.includes('"access_token":"ey');
}
