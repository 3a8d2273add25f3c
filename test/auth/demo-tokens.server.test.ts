import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createPlatformTokenVerifier,
  createSubjectTokenVerifier,
  KEY_TIMES,
  type ProviderSettings,
  TrustedProviders,
} from '@causeway/auth';
import { type IdentityProviders, startIdentityProviders } from '@causeway/local/identity-providers';
import { PEOPLE } from '@causeway/local/people';
import { signInAs } from '@causeway/local/sign-in-as';
import { emailClaims, mapClaims, parsePolicy, type PolicyDocument, roleClaim, tenantClaim } from '@causeway/policy';
import { afterAll, beforeAll, expect, test } from 'vitest';

const POLICY = fileURLToPath(new URL('../../infra/local/policy.yaml', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'causeway-auth-'));
const clock = { offsetMs: 0 };
const now = () => Date.now() + clock.offsetMs;
let idps: IdentityProviders;
let document: PolicyDocument;
let settings: readonly ProviderSettings[];
let providers: TrustedProviders;

beforeAll(async () => {
  idps = await startIdentityProviders({ port: 0, dir });
  const text = await readFile(POLICY, 'utf8');
  document = await parsePolicy(text.replaceAll('http://127.0.0.1:8710', idps.baseUrl), { file: POLICY });
  settings = document.policy.providers.map((provider) => ({
    ...provider,
    roleClaim: roleClaim(provider),
    emailClaims: emailClaims(provider),
    tenantClaim: tenantClaim(provider),
  }));
  providers = new TrustedProviders({ providers: settings, now });
});
afterAll(async () => {
  await providers.close();
  await idps.close();
  rmSync(dir, { recursive: true });
});

const verifierOf = (trusted: TrustedProviders) =>
  createSubjectTokenVerifier({ providers: trusted, ownIssuer: 'http://127.0.0.1:8700', now });
const partners = PEOPLE.filter(({ idp }) => idp !== 'workspace');

test.each(partners)('$email is proved by the access token, and has the role of the policy', async (person) => {
  const { accessToken } = await signInAs({ issuer: idps.issuers[person.idp], email: person.email });
  const result = await verifierOf(providers).verify(accessToken, 'access_token');
  const human = {
    issuer: idps.issuers[person.idp],
    subject: person.subject,
    email: person.email,
    idp: person.idp,
  };
  expect(result).toMatchObject({ ok: true, human });
  const mapped = mapClaims(document, human, result.ok ? result.claims : {});
  expect(mapped).toMatchObject(
    person.role === null ? { refusal: 'no_role' } : { ok: true, human, principal: { role: person.role } },
  );
});

test.each(partners)('$email is the same human by the ID token', async (person) => {
  const { idToken } = await signInAs({ issuer: idps.issuers[person.idp], email: person.email });
  expect(await verifierOf(providers).verify(idToken, 'id_token')).toMatchObject({ reason: 'audience_mismatch' });
  const forClient = settings.map((one) => ({ ...one, audience: 'causeway-dev' }));
  const trusted = new TrustedProviders({ providers: forClient, now });
  const result = await verifierOf(trusted).verify(idToken, 'id_token');
  await trusted.close();
  if (!result.ok) throw new Error(result.reason);
  expect(result.human).toMatchObject({ subject: person.subject, email: person.email });
  const mapped = mapClaims(document, result.human, result.claims);
  expect(mapped).toMatchObject(person.role === null ? { refusal: 'no_role' } : { principal: { role: person.role } });
});

test('the platform’s own people are proved by its own token, and by no partner’s', async () => {
  const { issuer, audience } = document.policy.workspace ?? { issuer: '', audience: '' };
  const workspace = { ...settings[0]!, id: 'workspace', issuer };
  const trusted = new TrustedProviders({ providers: [workspace, ...settings], now });
  const keys = trusted.route(issuer);
  if (!keys.ok) throw new Error(keys.reason);
  const verifier = createPlatformTokenVerifier({
    issuer,
    audience,
    keys: keys.keys,
    now,
    revocationOf: () => undefined,
  });
  const olivia = await signInAs({ issuer, email: 'olivia@causeway.example' });
  const wanda = await signInAs({ issuer: idps.issuers.northwind, email: 'wanda@northwind.example' });
  const results = [await verifier.verify(olivia.accessToken), await verifier.verify(wanda.accessToken)];
  await trusted.close();
  const principal = { id: 'olivia@causeway.example', role: undefined, groups: ['finance'] };
  expect(results).toMatchObject([{ ok: true, caller: { pattern: 'obo', principal } }, { reason: 'issuer_unknown' }]);
  expect(await verifierOf(providers).verify(olivia.accessToken)).toMatchObject({ reason: 'issuer_unknown' });
});

test('a rotated key is known at once; one that was rotated away is refused once its window is over', async () => {
  const signIn = async () =>
    (await signInAs({ issuer: idps.issuers.fabrikam, email: 'mona@fabrikam.example' })).accessToken;
  const trusted = new TrustedProviders({ providers: settings, now });
  const verifier = verifierOf(trusted);
  const old = await signIn();
  expect(await verifier.verify(old)).toMatchObject({ ok: true });
  await idps.rotateKeys('fabrikam');
  clock.offsetMs += KEY_TIMES.coolDownMs;
  expect(await verifier.verify(await signIn())).toMatchObject({ ok: true });
  expect(await verifier.verify(old)).toMatchObject({ ok: true });
  await idps.rotateKeys('fabrikam');
  clock.offsetMs += KEY_TIMES.waitAfterMs;
  expect(await verifier.verify(old)).toMatchObject({ ok: false, reason: 'key_unknown' });
  clock.offsetMs = 0;
  await trusted.close();
});
