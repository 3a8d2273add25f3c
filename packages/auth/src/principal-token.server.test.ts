import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDependency } from '@causeway/runtime';
import { decodeProtectedHeader } from 'jose';
import { expect, test } from 'vitest';
import { RemoteKeys } from './keys/remote-keys.ts';
import { rotateSigningKeys } from './keys/rotate-signing-keys.ts';
import { createPrincipalTokenSigner, createPrincipalTokenVerifier } from './principal-token.ts';
import { NOON_MS } from './testing/test-issuer.ts';
import { keyFolder } from './testing/test-signing-keys.ts';

const RESOURCE = 'https://mcp.example/mcp';

test('through rotations, no token that one portal replica signs is refused by a reader of the keys that another one publishes', async () => {
  const clock = { ms: NOON_MS };
  const now = () => clock.ms;
  using folder = keyFolder(now);
  const [signing, publishing] = [folder.open(), folder.open()];
  const server = createServer((request, response) => {
    const body = request.url === '/oauth/jwks' ? publishing.publicJwks : { issuer, jwks_uri: `${issuer}/oauth/jwks` };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dependency = createDependency({ name: 'portal', network: ['127.0.0.1/32'] });
  const keys = new RemoteKeys({ issuer, dependency, now });
  const signer = createPrincipalTokenSigner({ issuer, resource: RESOURCE, keys: signing, now });
  const verifier = createPrincipalTokenVerifier({
    issuer,
    resource: RESOURCE,
    keys,
    now,
    revocationOf: () => undefined,
  });

  const kids = new Set<string | undefined>();
  const outcomes = new Set<string>();
  for (let second = 0; second < 240; second++) {
    if (second % 40 === 20 || second % 40 === 21) rotateSigningKeys({ dir: folder.dir, now });
    clock.ms += 1000;
    const { token } = await signer.sign({
      principal: { id: '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01', role: 'west_sales', groups: [] },
      human: undefined,
      agent: { id: 'a' },
      scopes: [],
      clientId: 'a',
      notAfter: undefined,
    });
    kids.add(decodeProtectedHeader(token).kid);
    const result = await verifier.verify(token);
    outcomes.add(result.ok ? 'accepted' : result.reason);
  }
  await keys.close();
  server.closeAllConnections();
  server.close();
  expect([...outcomes]).toEqual(['accepted']);
  expect(kids.size).toBe(13);
});
