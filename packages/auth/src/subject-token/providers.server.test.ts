import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority } from '@causeway/runtime/testing/certificate-authority';
import { afterEach, expect, test } from 'vitest';
import { KEY_TIMES } from '../keys/remote-keys.ts';
import { createTestKey, type TestKey } from '../testing/test-issuer.ts';
import { OIDC } from '../testing/test-providers.ts';
import type { ProviderSettings } from './provider-settings.ts';
import { createSubjectTokenVerifier } from './subject-token-verifier.ts';
import { TrustedProviders } from './trusted-providers.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

interface TestProvider {
  readonly settings: ProviderSettings;
  readonly fetches: number;
  /** What the JWKS endpoint does from now on. */
  jwks: RequestListener;
  token(key: TestKey): string;
  stop(): Promise<void>;
}

const json = (response: ServerResponse, body: unknown) =>
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
const publish =
  (...keys: readonly TestKey[]): RequestListener =>
  (_request, response) =>
    json(response, { keys: keys.map(({ jwk }) => jwk) });

async function startProvider(id: string, jwks: RequestListener): Promise<TestProvider> {
  let fetches = 0;
  const server = createServer((request, response) => {
    if (request.url !== '/jwks') return json(response, { issuer, jwks_uri: `${issuer}/jwks` });
    fetches++;
    provider.jwks(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  closing.push(stop);
  const provider: TestProvider = {
    settings: { ...OIDC, id, issuer, network: ['127.0.0.0/8'] },
    get fetches() {
      return fetches;
    },
    jwks,
    token: (key) => {
      const iat = Math.floor(clock.ms / 1000);
      return key.token({ iss: issuer, sub: crypto.randomUUID(), aud: OIDC.audience, iat, exp: iat + 600 });
    },
    stop,
  };
  return provider;
}

const clock = { ms: Date.now() };

function verifierOf(...all: readonly TestProvider[]) {
  const now = () => clock.ms;
  const providers = new TrustedProviders({ providers: all.map(({ settings }) => settings), now });
  closing.push(() => providers.close());
  const verifier = createSubjectTokenVerifier({ providers, ownIssuer: 'https://portal.example', now });
  const outcome = async (token: string) => {
    const result = await verifier.verify(token);
    return result.ok ? 'accepted' : result.reason;
  };
  return { providers, outcome };
}

const [good, bad] = [createTestKey('good'), createTestKey('bad')];

test('keys are found by discovery over a real connection, within the provider’s network and nowhere else', async () => {
  const provider = await startProvider('one', publish(good));
  const { outcome } = verifierOf(provider);
  expect(await outcome(provider.token(good))).toBe('accepted');
  const outside = verifierOf({ ...provider, settings: { ...provider.settings, network: 'public' } });
  expect(await outside.outcome(provider.token(good))).toBe('keys_unavailable');
});

test('a discovery document cannot lead to an address outside of the provider’s network', async () => {
  const inside = createServer((_request, response) => publish(good)(_request, response));
  await once(inside.listen(0, '127.0.0.2'), 'listening');
  closing.push(() => new Promise((resolve) => inside.close(resolve)));
  const place = `http://127.0.0.2:${(inside.address() as AddressInfo).port}/jwks`;
  const server = createServer((_request, response) => json(response, { issuer, jwks_uri: place }));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = await startProvider('unused', publish());
  const led = (network: string) => ({ ...provider, settings: { ...provider.settings, issuer, network: [network] } });
  const token = good.token({
    iss: issuer,
    sub: 'x',
    aud: OIDC.audience,
    iat: clock.ms / 1000,
    exp: clock.ms / 1000 + 60,
  });
  expect(await verifierOf(led('127.0.0.1/32')).outcome(token)).toBe('keys_unavailable');
  expect(await verifierOf(led('127.0.0.0/8')).outcome(token)).toBe('accepted');
});

const HTML = '<!doctype html><title>We are down</title>';
const troubles: readonly [name: string, jwks: RequestListener, isSlow?: boolean][] = [
  ['never answers', () => {}, true],
  ['sends half an answer and stops', (_request, response) => void response.writeHead(200).write('{"keys":['), true],
  ['hangs up', (request) => void request.socket.destroy()],
  ['answers HTML', (_request, response) => void response.setHeader('content-type', 'text/html').end(HTML)],
  [
    'answers HTML as JSON',
    (_request, response) => void response.setHeader('content-type', 'application/json').end(HTML),
  ],
  ['answers 503', (_request, response) => void response.writeHead(503).end()],
  ['answers 404', (_request, response) => void response.writeHead(404).end()],
  [
    'sends to another host',
    (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.2/jwks' }).end(),
  ],
  [
    'sends no end of keys',
    (_request, response) => {
      response.setHeader('content-type', 'application/json').write('{"keys":[');
      const more = () => {
        while (!response.destroyed && response.write('{},'.repeat(20_000)));
      };
      response.on('drain', more);
      more();
    },
  ],
];
test.each(troubles)(
  'a provider that %s delays nobody else, and its own tokens are not called invalid',
  async (_name, jwks, isSlow = false) => {
    const [healthy, broken] = [await startProvider('healthy', publish(good)), await startProvider('broken', jwks)];
    const { outcome, providers } = verifierOf(healthy, broken);
    const ofBroken = outcome(broken.token(bad));
    let isBrokenOver = false;
    void ofBroken.then(() => (isBrokenOver = true));
    for (let index = 0; index < 20; index++) expect(await outcome(healthy.token(good))).toBe('accepted');
    // Whoever waits for the broken one waits for its deadline, of seconds.
    expect(isBrokenOver).toBe(!isSlow && isBrokenOver);
    expect(await ofBroken).toBe('keys_unavailable');
    expect(providers.keyStates.find(({ name }) => name === 'keys of broken')?.failure).toBeDefined();
  },
);

test('a provider that goes away keeps its people in, and comes back by itself', async () => {
  const provider = await startProvider('one', publish(good));
  const { outcome } = verifierOf(provider);
  await outcome(provider.token(good));
  provider.jwks = (_request, response) => void response.writeHead(503).end();
  clock.ms += KEY_TIMES.waitAfterMs;
  expect(await outcome(provider.token(good))).toBe('accepted');
  expect(await outcome(provider.token(bad))).toBe('keys_unavailable');
  provider.jwks = publish(good, bad);
  clock.ms += KEY_TIMES.coolDownMs;
  expect(await outcome(provider.token(bad))).toBe('accepted');
});

test('a provider that rotates its keys every second is asked once per cool-down', async () => {
  const keys = Array.from({ length: 10 }, (_, index) => createTestKey(`rotating-${index}`));
  const provider = await startProvider('rotating', publish(keys[0]!));
  const { outcome } = verifierOf(provider);
  const outcomes: string[] = [];
  for (const [index, key] of keys.entries()) {
    provider.jwks = publish(key, ...keys.slice(Math.max(0, index - 1), index));
    outcomes.push(await outcome(provider.token(key)));
    clock.ms += 1000;
  }
  expect(provider.fetches).toBe(5);
  expect(outcomes).toEqual(Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? 'accepted' : 'key_unknown')));
});

test('a thousand keys are a set like any other', async () => {
  const key = createTestKey('rsa', 'RS256');
  const thousand = Array.from({ length: 1000 }, (_, index) => ({ ...key, jwk: { ...key.jwk, kid: `rsa-${index}` } }));
  const [large, small] = [
    await startProvider('large', publish(...thousand)),
    await startProvider('small', publish(good)),
  ];
  const { outcome } = verifierOf(large, small);
  const last = {
    ...key,
    token: (payload: Record<string, unknown>) => key.token(payload, { kid: 'rsa-999' }),
  } as TestKey;
  const outcomes = await Promise.all([outcome(large.token(last)), outcome(small.token(good))]);
  expect(outcomes).toEqual(['accepted', 'accepted']);
});

test('over https the provider must be who its certificate says, by the authority that its policy names', async () => {
  const authority = await createCertificateAuthority();
  const dir = mkdtempSync(join(tmpdir(), 'causeway-auth-'));
  closing.push(async () => rmSync(dir, { recursive: true }));
  const caFile = join(dir, 'ca.pem');
  writeFileSync(caFile, authority.certificate);
  const provider = await startProvider('secure', publish(good));
  const server = createSecureServer(await authority.issue('localhost'), (request, response) => {
    if (request.url === '/jwks') return publish(good)(request, response);
    json(response, { issuer, jwks_uri: `${issuer}/jwks` });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`;
  // A machine may resolve the name to both.
  const settings = { ...provider.settings, issuer, network: ['127.0.0.1/32', '::1/128'] };
  const iat = Math.floor(clock.ms / 1000);
  const token = good.token({ iss: issuer, sub: 'x', aud: OIDC.audience, iat, exp: iat + 60 });
  expect(await verifierOf({ ...provider, settings: { ...settings, caFile } }).outcome(token)).toBe('accepted');
  expect(await verifierOf({ ...provider, settings }).outcome(token)).toBe('keys_unavailable');
});
