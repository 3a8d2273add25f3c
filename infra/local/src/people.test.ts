import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { AUDIENCES, issuerOf } from './idp/issuers.ts';
import { IDP_IDS, PEOPLE } from './people.ts';

// A pin: these people are part of the outside contract.
test('the demo people are those of the contract', () => {
  expect(PEOPLE.map(({ idp, email, role, claims }) => [idp, email, role, Object.values(claims).flat()])).toEqual([
    ['northwind', 'wanda@northwind.example', 'west_sales', ['west-reps']],
    ['northwind', 'erik@northwind.example', 'east_sales', ['east-reps']],
    ['fabrikam', 'mona@fabrikam.example', 'managers', ['Everyone', 'sales-managers']],
    ['fabrikam', 'felix@fabrikam.example', 'finance', ['Everyone', 'finance-office']],
    ['contoso', 'elena@contoso.example', 'executive', ['Causeway.Executive']],
    ['contoso', 'ada@contoso.example', 'admin', ['Causeway.Admin']],
    ['contoso', 'noah@contoso.example', null, ['Causeway.Visitor']],
    ['workspace', 'olivia@causeway.example', 'finance', ['finance']],
    ['workspace', 'omar@causeway.example', 'west_sales', ['west_sales']],
  ]);
});

const SUBJECT_FORMATS = {
  northwind: /^auth0\|[0-9a-f]{24}$/,
  fabrikam: /^00u[0-9a-zA-Z]{17}$/,
  contoso: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  workspace: /^\w+@causeway\.example$/,
};

test.each(PEOPLE)('$email has a subject of the kind that the product gives', ({ idp, subject }) => {
  expect(subject).toMatch(SUBJECT_FORMATS[idp]);
});

test('no two people share a subject or an e-mail address', () => {
  expect(new Set(PEOPLE.map(({ subject }) => subject)).size).toBe(PEOPLE.length);
  expect(new Set(PEOPLE.map(({ email }) => email)).size).toBe(PEOPLE.length);
});

interface PolicyText {
  providers: { id: string; issuer: string; audience: string; roles: Record<string, string>; emailDomains: string[] }[];
  workspace: { issuer: string; audience: string; humans: Record<string, string[]> };
}

const policy = parse(readFileSync(new URL('../policy.yaml', import.meta.url), 'utf8')) as PolicyText;

test('the demo policy trusts these issuers, for the audiences that they issue', () => {
  const trusted = [...policy.providers, { id: 'workspace', ...policy.workspace }];
  expect(trusted.map(({ id, issuer, audience }) => [id, issuer, audience])).toEqual(
    IDP_IDS.map((id) => [id, issuerOf(id, 'http://127.0.0.1:8710'), AUDIENCES[id]]),
  );
});

test.each(PEOPLE.filter(({ idp }) => idp !== 'workspace'))(
  'the demo policy makes of $email the role $role',
  (person) => {
    const provider = policy.providers.find(({ id }) => id === person.idp);
    const roles = Object.values(person.claims)
      .flat()
      .flatMap((value) => provider?.roles[value] ?? []);
    expect(roles).toEqual(person.role === null ? [] : [person.role]);
    expect(provider?.emailDomains).toContain(person.email.split('@')[1]);
  },
);

test('the demo policy knows the people of the workspace, each in the group that is expected', () => {
  const people = PEOPLE.filter(({ idp }) => idp === 'workspace');
  expect(policy.workspace.humans).toEqual(Object.fromEntries(people.map(({ email, role }) => [email, [role]])));
});
