import { expect, test } from 'vitest';
import { grantScopes } from './grant-scopes.ts';

const role = ['sql', 'genie', 'audit'] as const;

test.each([
  ['nothing asked: all that the role has', { requested: undefined }, ['sql', 'genie', 'audit']],
  ['an empty parameter is nothing asked', { requested: ' ' }, ['sql', 'genie', 'audit']],
  ['what is asked, in canonical order', { requested: 'genie sql' }, ['sql', 'genie']],
  ['an agent narrows it', { requested: undefined, agent: ['genie', 'serving'] as const }, ['genie']],
  ['requested ∩ role ∩ agent', { requested: 'sql genie', agent: ['genie'] as const }, ['genie']],
  ['nothing in common is nothing', { requested: 'sql', agent: ['genie'] as const }, []],
])('%s', (_name, request, scopes) => {
  expect(grantScopes({ role, ...request })).toEqual({ ok: true, scopes });
});

test.each(['serving', 'sql serving', 'offline_access', 'sql,genie', 'SQL'])(
  'asking for %j is an error',
  (requested) => {
    expect(grantScopes({ role, requested })).toEqual({ ok: false, reason: 'scope_not_allowed' });
  },
);
