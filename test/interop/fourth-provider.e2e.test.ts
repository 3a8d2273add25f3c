import { type PortalWorld, startPortalWorld } from '@causeway/test-portal/portal-world';
import { bodyOf, exchange } from '@causeway/test-portal/token-request';
import { requirement } from '@causeway/test-e2e/requirement';
import { decodeJwt } from 'jose';
import { readFileSync } from 'node:fs';
import { OAuth2Server } from 'oauth2-mock-server';
import { afterAll, beforeAll, expect } from 'vitest';

/** The entry that the page tells operators to add. */
const PAGE = readFileSync(new URL('../../docs/add-an-identity-provider.md', import.meta.url), 'utf8');
const ENTRY = /```yaml\n(.*?)```/s.exec(PAGE)?.[1] ?? '';

let provider: OAuth2Server;
let world: PortalWorld;
beforeAll(async () => {
  provider = new OAuth2Server();
  await provider.issuer.keys.generate('RS256');
  await provider.start(0, '127.0.0.1');
  const entry = ENTRY.replace('http://127.0.0.1:8720', provider.issuer.url ?? '');
  world = await startPortalWorld({ policy: (text) => text.replace('providers:\n', entry) });
});
afterAll(async () => {
  await world?.stop();
  await provider?.stop();
});

const tokenOf = (claims: Record<string, unknown>) =>
  provider.issuer.buildToken({
    scopesOrTransform: (_header, payload) => {
      Object.assign(payload, { sub: 'ines', aud: 'https://causeway.example/api', ...claims });
    },
  });

requirement(
  'exchange-answer',
  'a provider that was added as the page says has its people’s tokens exchanged',
  async () => {
    const response = await exchange(world, await tokenOf({ email: 'ines@tailspin.example', roles: ['sales'] }));
    expect(response.status).toBe(200);
    expect(decodeJwt((await bodyOf(response)).access_token)).toMatchObject({
      role: 'west_sales',
      human: { iss: provider.issuer.url, sub: 'ines', email: 'ines@tailspin.example', idp: 'tailspin' },
    });
  },
);

requirement(
  ['subject-email-domains', 'subject-no-role'],
  'it cannot speak for another company’s people, and its unmapped people are nobody',
  async () => {
    const foreign = await exchange(world, await tokenOf({ email: 'wanda@northwind.example', roles: ['sales'] }));
    expect(decodeJwt((await bodyOf(foreign)).access_token)['human']).not.toHaveProperty('email');
    expect((await exchange(world, await tokenOf({ roles: ['guest'] }))).status).toBe(400);
    expect((await exchange(world, await tokenOf({ roles: ['sales'], aud: 'another' }))).status).toBe(400);
  },
);
