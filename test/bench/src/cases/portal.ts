import type { BenchAnswer, BenchCase, BenchRequest, Settings } from '../bench-case.ts';
import { preparePortal } from '../../drivers/portal-world.ts';
import { AS_SHIPPED } from './as-shipped.ts';

const at = (path: string) => new URL(`../../${path}`, import.meta.url);

export const benchCase: BenchCase = {
  name: 'portal',
  what: 'a token exchange, the whole way, counted and audited, on the state database and on Redis; beside it the signature alone',
  prepare: preparePortal,
  targets: [
    { kind: 'driver', name: 'one signature', floor: true, module: at('drivers/one-signature.ts'), concurrency: 1 },
    { ...AS_SHIPPED, kind: 'http', name: 'on Postgres', module: at('servers/portal-service.ts'), request, isRight },
    { ...AS_SHIPPED, kind: 'http', name: 'on Redis', module: at('servers/portal-service-redis.ts'), request, isRight },
  ],
};

/** The MCP endpoint of the demo policy. */
const RESOURCE = 'http://127.0.0.1:8701/mcp';

function request({ subjectToken = '', PORTAL_PUBLIC_URL = '' }: Settings): BenchRequest {
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    client_id: 'partner-portal',
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    resource: RESOURCE,
  });
  const headers = { host: new URL(PORTAL_PUBLIC_URL).host, 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', path: '/oauth/token', headers, body: form.toString() };
}

function isRight({ status, body }: BenchAnswer): boolean {
  return status === 200 && body.includes('"access_token":"ey');
}
