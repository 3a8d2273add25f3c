import { AppError } from '@causeway/core';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { mapClaims } from './map-claims.ts';
import { parsePolicy } from './parse-policy.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { Revocable } from './revocations.ts';
import type { Policy } from './schema.ts';
import { BASE_POLICY } from './testing/base-policy.ts';
import { demoPolicyText } from './testing/demo-policy.ts';

const ROLES = 'https://acme.example/roles';
const ann = { issuer: 'https://acme.example/', subject: 'auth0|1', email: 'ann@acme.example', idp: 'acme' };
let base: PolicyDocument;
let demo: PolicyDocument;

beforeAll(async () => {
  base = await parsePolicy(BASE_POLICY, { file: 'policy.yaml' });
  demo = await parsePolicy(demoPolicyText(), { file: 'policy.yaml' });
});

const changed = (change: Partial<Policy>): PolicyDocument => ({ ...base, policy: { ...base.policy, ...change } });
const map = (claims: Record<string, unknown>, document = base) =>
  mapClaims(document, ann, { [ROLES]: ['reps'], ...claims });

test('claims mean a human, a role, its principal and its groups, and the line that says so', () => {
  expect(map({})).toEqual({
    ok: true,
    human: ann,
    principal: { id: '00000000-0000-4000-8000-000000000001', role: 'sales', groups: ['sales', 'staff'] },
    scopes: ['sql', 'genie'],
    at: ['providers', 0, 'roles', 'reps'],
  });
});

test.each([
  ['northwind', { 'https://northwind.example/roles': ['west-reps'] }, 'west_sales'],
  ['fabrikam', { groups: ['Everyone', 'finance-office'] }, 'finance'],
  ['contoso', { roles: ['Causeway.Admin'] }, 'admin'],
  ['contoso', { roles: 'Causeway.Executive' }, 'executive'],
])('people of %s with %j are %s', (id, claims, role) => {
  const issuer = demo.policy.providers.find((provider) => provider.id === id)!.issuer;
  expect(mapClaims(demo, { ...ann, idp: id, issuer }, claims)).toMatchObject({ ok: true, principal: { role } });
});

test('of several roles the first of the precedence counts', () => {
  expect(map({ [ROLES]: ['reps', 'chiefs'] })).toMatchObject({
    principal: { role: 'chief' },
    at: ['providers', 0, 'roles', 'chiefs'],
  });
  const document = changed({ precedence: ['sales', 'chief'] });
  expect(map({ [ROLES]: ['reps', 'chiefs'] }, document)).toMatchObject({ principal: { role: 'sales' } });
});

test.each([
  ['several roles without precedence', { [ROLES]: ['reps', 'chiefs'] }, { precedence: [] }, 'several_roles'],
  [
    'several roles of which one has no place',
    { [ROLES]: ['reps', 'chiefs'] },
    { precedence: ['chief'] },
    'several_roles',
  ],
  ['a value that means nothing', { [ROLES]: ['Reps'] }, {}, 'no_role'],
  ['no values', { [ROLES]: [] }, {}, 'no_role'],
  ['no claim', { [ROLES]: undefined }, {}, 'no_role'],
  ['a value that every object inherits', { [ROLES]: ['constructor', '__proto__', 'toString'] }, {}, 'no_role'],
  ['a claim that is a number', { [ROLES]: 7 }, {}, 'roles_malformed'],
  ['a list that is not all text', { [ROLES]: ['reps', { admin: true }] }, {}, 'roles_malformed'],
  [
    'values left out because there are too many',
    { [ROLES]: undefined, _claim_names: { [ROLES]: 'src1' } },
    {},
    'groups_overage',
  ],
  ['a revoked human', {}, { humans: [{ issuer: ann.issuer, subject: ann.subject }] }, 'human_revoked'],
  ['a revoked role', {}, { roles: ['sales'] }, 'role_revoked'],
])(
  'refuses %s',
  (_name, claims, { precedence, ...revoked }: { precedence?: string[] } & Partial<Policy['revoked']>, refusal) => {
    const document = changed({ ...(precedence && { precedence }), revoked: { ...base.policy.revoked, ...revoked } });
    expect(map(claims, document)).toMatchObject({ ok: false, refusal });
  },
);

test('a revoked role is not replaced by a lesser one', () => {
  const document = changed({ revoked: { ...base.policy.revoked, roles: ['chief'] } });
  expect(map({ [ROLES]: ['reps', 'chiefs'] }, document)).toMatchObject({ refusal: 'role_revoked' });
});

test('a revoked role is refused as such while nobody knows whether its human is revoked', () => {
  const revocationOf = (whats: readonly Revocable[]) => {
    const what = whats.find(({ kind }) => kind === 'role');
    if (what === undefined) throw new AppError('upstream_unavailable', 'nobody knows');
    return { what, reason: 'reported stolen' };
  };
  const document = { ...base, revocations: { revocationOf } };
  expect(map({}, document)).toMatchObject({ refusal: 'role_revoked' });
  expect(() => map({ [ROLES]: [] }, document)).toThrow('nobody knows');
});

test('a revoked human is refused as such, whatever the claims mean', () => {
  const human = { issuer: ann.issuer, subject: ann.subject };
  const document = changed({ revoked: { ...base.policy.revoked, humans: [human] } });
  expect(map({ [ROLES]: [] }, document)).toMatchObject({ refusal: 'human_revoked' });
});

test('one role under two values is one role', () => {
  const [provider, ...rest] = base.policy.providers;
  const document = changed({
    providers: [{ ...provider!, roles: { a: 'sales', b: 'sales' } }, ...rest],
    precedence: [],
  });
  expect(map({ [ROLES]: ['b', 'a'] }, document)).toMatchObject({
    principal: { role: 'sales' },
    at: ['providers', 0, 'roles', 'b'],
  });
});

test('an unknown provider maps nobody', () => {
  expect(mapClaims(base, { ...ann, idp: 'nobody' }, {})).toMatchObject({ refusal: 'provider_unknown' });
});

test('whoever was proved by an issuer that the provider has no more is nobody', () => {
  const before = { ...ann, issuer: 'https://acme.example' };
  expect(mapClaims(base, before, { [ROLES]: ['reps'] })).toMatchObject({ refusal: 'issuer_mismatch' });
});

test('a reason names the rule by path and line', () => {
  expect(map({ [ROLES]: ['x'] })).toMatchObject({
    reason: `no value of the claim "${ROLES}" means a role (providers[0].roles, policy.yaml:10)`,
  });
});

test('claims of any shape are answered, and give a role only by a value that the policy names', () => {
  const value = fc.oneof(
    fc.anything({ withNullPrototype: true }),
    fc.constantFrom('reps', ['reps'], ['chiefs', 'reps'], ['x']),
  );
  const name = fc.oneof(fc.string(), fc.constantFrom('sub', 'email', 'email_verified', '_claim_names', ROLES));
  fc.assert(
    fc.property(fc.dictionary(name, value), (claims) => {
      const mapped = mapClaims(base, ann, claims);
      const values = [claims[ROLES]].flat();
      expect(mapped.ok && !values.includes('reps') && !values.includes('chiefs')).toBe(false);
    }),
    { numRuns: 500 },
  );
});
