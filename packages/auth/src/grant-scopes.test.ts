import { expect, test } from 'vitest';
import { grantScopes, type ScopeRequest } from './grant-scopes.ts';

const role = ['sql', 'genie', 'audit'] as const;

test.each<[string, Omit<ScopeRequest, 'role'>, string[]]>([
  ['nothing asked: all that the role has', { requested: undefined }, ['sql', 'genie', 'audit']],
  ['an empty parameter is nothing asked', { requested: ' ' }, ['sql', 'genie', 'audit']],
  ['what is asked, in canonical order', { requested: 'genie sql' }, ['sql', 'genie']],
  ['an agent narrows it', { requested: undefined, agent: ['genie', 'serving'] }, ['genie']],
  ['requested ∩ role ∩ agent', { requested: 'sql genie', agent: ['genie'] }, ['genie']],
  ['nothing in common is nothing', { requested: 'sql', agent: ['genie'] }, []],
  ['nothing asked: what the human agreed to', { requested: '', agreed: ['sql', 'serving'] }, ['sql']],
  ['all that was agreed to', { requested: 'sql', agreed: ['sql', 'genie'] }, ['sql']],
  ['beyond the agent is never given', { requested: 'sql genie', agent: ['sql'], agreed: ['sql'] }, ['sql']],
])('%s', (_name, request, scopes) => {
  expect(grantScopes({ role, ...request })).toEqual({ ok: true, scopes });
});

test.each(['serving', 'sql serving', 'offline_access', 'sql,genie', 'SQL'])(
  'asking for %j is an error',
  (requested) => {
    expect(grantScopes({ role, requested })).toEqual({ ok: false, reason: 'scope_not_allowed' });
  },
);

test('asking by name for what the agent may have and the human did not agree to is an error', () => {
  const request = { role, agent: role, agreed: ['sql'] } as const;
  expect(grantScopes({ ...request, requested: 'sql audit' })).toEqual({ ok: false, reason: 'scope_not_agreed' });
});
