import { expect, test } from 'vitest';
import { OIDC, OKTA } from '../testing/test-providers.ts';
import type { ProviderSettings } from './provider-settings.ts';
import { TrustedProviders } from './trusted-providers.ts';

function setUp(providers: readonly ProviderSettings[]) {
  const opened: string[] = [];
  const closed: string[] = [];
  const clock = { ms: 0 };
  const files = new Set<string>();
  const openKeys = ({ id, caFile }: ProviderSettings) => {
    if (caFile !== undefined && !files.has(caFile)) throw new Error(`${caFile} cannot be read`);
    opened.push(id);
    return {
      state: { name: id, keys: 0, ageMs: undefined, failure: undefined },
      find: async () => ({ ok: false, reason: 'key_unknown' }) as const,
      close: async () => {
        closed.push(id);
      },
    };
  };
  return { opened, closed, clock, files, trusted: new TrustedProviders({ providers, now: () => clock.ms, openKeys }) };
}

test('a change of the policy keeps the keys of every provider that is reached as before', async () => {
  const { trusted, opened, closed } = setUp([OIDC, OKTA]);
  await trusted.update([{ ...OIDC, audience: 'another' }, OKTA]);
  expect([opened, closed]).toEqual([['plain', 'fabrikam'], []]);
  expect(trusted.route(OIDC.issuer)).toMatchObject({ ok: true, settings: { audience: 'another' } });
});

test('a provider that is gone is trusted no more, and its connections are closed', async () => {
  const { trusted, closed } = setUp([OIDC, OKTA]);
  await trusted.update([OKTA]);
  expect(closed).toEqual(['plain']);
  expect(trusted.route(OIDC.issuer)).toEqual({ ok: false, reason: 'issuer_unknown' });
});

test('a provider that moved to another network gets keys of its own', async () => {
  const { trusted, opened, closed } = setUp([OIDC]);
  await trusted.update([{ ...OIDC, network: ['10.0.0.0/8'] }]);
  expect([opened, closed]).toEqual([['plain', 'plain'], ['plain']]);
});

test('health can name every provider, and closing closes each', async () => {
  const { trusted, closed } = setUp([OIDC, OKTA]);
  expect(trusted.keyStates.map(({ name }) => name)).toEqual(['plain', 'fabrikam']);
  await trusted.close();
  expect(closed).toEqual(['plain', 'fabrikam']);
});

test('a provider whose certificate authority cannot be read stops the start', () => {
  const providers = [{ ...OIDC, caFile: '/nowhere/ca.pem' }];
  expect(() => new TrustedProviders({ providers, now: () => 0 })).toThrow(
    expect.objectContaining({ code: 'config_invalid', message: 'keys of plain: caFile cannot be read' }),
  );
});

test('a change that one provider spoils holds for the others, and nobody is trusted by the policy before', async () => {
  const { trusted, closed } = setUp([OIDC, OKTA]);
  const spoiled = { ...OIDC, id: 'spoiled', caFile: '/nowhere/ca.pem' };
  await expect(trusted.update([spoiled, { ...OKTA, tenant: 'pinned' }])).rejects.toThrow(/nowhere/);
  expect(trusted.route(OIDC.issuer)).toMatchObject({ ok: false });
  expect(trusted.route(OKTA.issuer)).toMatchObject({ ok: true, settings: { tenant: 'pinned' } });
  expect(closed).toEqual(['plain']);
});

test('a provider that was left out is named, tried again, and trusted when it can be opened', async () => {
  const { trusted, clock, files, closed } = setUp([OKTA]);
  const spoiled = { ...OIDC, caFile: 'ca.pem' };
  await expect(trusted.update([spoiled, OKTA])).rejects.toThrow(/ca\.pem/);
  expect(trusted.keyStates.find(({ failure }) => failure !== undefined)).toMatchObject({
    name: 'keys of plain',
    failure: 'ca.pem cannot be read',
  });
  files.add('ca.pem');
  // A stranger's tokens do not make it read the file all the time.
  clock.ms = 4999;
  expect(trusted.route(OIDC.issuer)).toMatchObject({ ok: false });
  clock.ms = 5000;
  expect(trusted.route(OIDC.issuer)).toMatchObject({ ok: true, settings: { id: 'plain' } });
  expect(trusted.keyStates.filter(({ failure }) => failure !== undefined)).toEqual([]);
  await trusted.close();
  expect(closed).toEqual(['fabrikam', 'plain']);
});

test('a provider that still cannot be opened is tried later, and one that left the policy never', async () => {
  const { trusted, clock, files } = setUp([OKTA]);
  await expect(trusted.update([{ ...OIDC, caFile: 'ca.pem' }, OKTA])).rejects.toThrow(/ca\.pem/);
  clock.ms = 5000;
  expect(trusted.route(OIDC.issuer)).toMatchObject({ ok: false });
  files.add('ca.pem');
  clock.ms = 9999;
  expect(trusted.route(OIDC.issuer)).toMatchObject({ ok: false });
  await trusted.update([OKTA]);
  clock.ms = 20_000;
  expect(trusted.route(OIDC.issuer)).toMatchObject({ ok: false });
  expect(trusted.keyStates.map(({ name }) => name)).toEqual(['fabrikam']);
});

test('an issuer made of slashes costs no time', () => {
  const many = Array.from({ length: 100 }, (_, index) => ({
    ...OIDC,
    id: `p${index}`,
    issuer: `https://p${index}.example`,
  }));
  const { trusted } = setUp(many);
  // In quadratic time this takes minutes, and the test ends by its deadline.
  expect(trusted.route(`https://x${'/'.repeat(500_000)}x`)).toEqual({ ok: false, reason: 'issuer_unknown' });
});
