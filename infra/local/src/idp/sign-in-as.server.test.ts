import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test } from 'vitest';

import { DEV_CLIENT } from './issuers.ts';
import { signInAs } from './sign-in-as.ts';

/** A provider that is wrong in one way: `callback` are the parameters with which it sends the browser back. */
async function failureAt(
  answer: (wrong: { origin: string; state: string }) => Record<string, string>,
  issuer?: string,
) {
  const listener: RequestListener = (request, response) => {
    const url = new URL(request.url ?? '/', origin);
    if (url.pathname.startsWith('/.well-known/')) {
      const document = {
        issuer: issuer ?? origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
      };
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
    }
    const parameters = new URLSearchParams(answer({ origin, state: url.searchParams.get('state') ?? '' }));
    return response.writeHead(303, { location: `${DEV_CLIENT.redirectUri}?${parameters}` }).end();
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await signInAs({ issuer: origin, email: 'wanda@northwind.example' }).catch((error: unknown) => error);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

test.each([
  ['another state', ({ origin }: { origin: string }) => ({ code: 'c', state: 'another', iss: origin })],
  ['no state', ({ origin }: { origin: string }) => ({ code: 'c', iss: origin })],
  ['another issuer', ({ state }: { state: string }) => ({ code: 'c', state, iss: 'https://elsewhere.example' })],
  ['no issuer', ({ state }: { state: string }) => ({ code: 'c', state })],
])('an answer with %s is not redeemed', async (_name, answer) => {
  expect(await failureAt(answer)).toMatchObject({
    reason: 'refused',
    message: expect.stringContaining('not the one') as string,
  });
});

test('a refusal is told by its code', async () => {
  expect(await failureAt(({ origin, state }) => ({ error: 'access_denied', state, iss: origin }))).toMatchObject({
    reason: 'refused',
    message: expect.stringMatching(/refused: access_denied$/) as string,
  });
});

test('discovery that speaks for another issuer is not believed', async () => {
  expect(await failureAt(() => ({}), 'https://elsewhere.example')).toMatchObject({
    reason: 'refused',
    message: expect.stringMatching(/speaks for https:\/\/elsewhere\.example$/) as string,
  });
});
