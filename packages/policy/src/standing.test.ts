import { AppError, type Caller } from '@causeway/core';
import { beforeAll, expect, test } from 'vitest';
import { decideTool, toolsOf } from './decide-tool.ts';
import { parsePolicy } from './parse-policy.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { Revocable } from './revocations.ts';
import type { Policy } from './schema.ts';
import { scopesOf, standingOf } from './standing.ts';
import { BASE_POLICY } from './testing/base-policy.ts';
import { agentAlone, humanWith, workspaceHuman } from './testing/callers.ts';
import { TOOLS } from './tools.ts';

let base: PolicyDocument;

beforeAll(async () => {
  base = await parsePolicy(BASE_POLICY, { file: 'policy.yaml' });
});

const changed = (change: Partial<Policy>): PolicyDocument => ({ ...base, policy: { ...base.policy, ...change } });
const revoking = (revoked: Partial<Policy['revoked']>) => changed({ revoked: { ...base.policy.revoked, ...revoked } });
const sales = (change: Partial<Caller> = {}) => humanWith(base.policy, 'sales', change);
const helper = () => agentAlone(base.policy, 'helper');
const forSales = () => sales({ agent: { id: 'helper' } });
const olivia = (change: Partial<Caller> = {}) => workspaceHuman(base.policy, 'olivia@causeway.example', change);

/** Refused in every way: no standing, no scope, no tool listed, none to be called. */
function expectOut(document: PolicyDocument, caller: Caller, refusal: string): void {
  expect(standingOf(document, caller)).toMatchObject({ ok: false, refusal });
  expect(scopesOf(document, caller)).toEqual([]);
  expect(toolsOf(document, caller)).toEqual([]);
  for (const tool of TOOLS) expect(decideTool(document, caller, tool)).toMatchObject({ allowed: false });
}

test('everybody whom the policy knows stands', () => {
  for (const caller of [sales(), helper(), forSales(), olivia()])
    expect(standingOf(base, caller)).toMatchObject({ ok: true });
  const helps = { ...base.policy.agents['helper']!, mayActFor: ['chief'] };
  expect(standingOf(changed({ agents: { helper: helps } }), olivia({ agent: { id: 'helper' } }))).toMatchObject({
    ok: true,
  });
});

test('a revoked human is out, alone, with an agent, and on the platform', () => {
  const human = { issuer: 'https://acme.example/', subject: 'u1' };
  expectOut(revoking({ humans: [human] }), sales(), 'human_revoked');
  expectOut(revoking({ humans: [human] }), forSales(), 'human_revoked');
  const own = { issuer: 'https://workspace.example/oidc', subject: 'olivia@causeway.example' };
  expectOut(revoking({ humans: [own] }), olivia(), 'human_revoked');
});

test('the same subject at another issuer, or another subject, is not revoked', () => {
  const others = [
    { issuer: 'https://login.example/t-1/v2.0', subject: 'u1' },
    { issuer: 'https://acme.example/', subject: 'u2' },
  ];
  expect(standingOf(revoking({ humans: others }), sales())).toMatchObject({ ok: true });
});

test('a revoked agent is out, alone and for a human, while the human stands', () => {
  const document = revoking({ agents: ['helper'] });
  expectOut(document, helper(), 'agent_revoked');
  expectOut(document, forSales(), 'agent_revoked');
  expect(standingOf(document, sales())).toMatchObject({ ok: true });
});

test('a revoked token is out, and its owner’s next one is not', () => {
  expectOut(revoking({ tokens: ['token-1'] }), sales(), 'token_revoked');
  expect(standingOf(revoking({ tokens: ['token-1'] }), sales({ tokenId: 'token-2' }))).toMatchObject({ ok: true });
});

test('a revoked role is out for its people, and for the agent that has it', () => {
  expectOut(revoking({ roles: ['sales'] }), sales(), 'role_revoked');
  expectOut(revoking({ roles: ['chief'] }), helper(), 'role_revoked');
  expectOut(revoking({ roles: ['chief'] }), forSales(), 'role_revoked');
  expect(standingOf(revoking({ roles: ['chief'] }), sales())).toMatchObject({ ok: true });
});

test.each([
  ['human', () => sales()],
  ['token', () => sales()],
  ['role', () => sales()],
  ['agent', () => helper()],
] as const)('a source beside the document can revoke a %s, and says why', (kind, caller) => {
  const revocationOf = (whats: readonly Revocable[]) => {
    const what = whats.find((one) => one.kind === kind);
    return what && { what, reason: 'reported stolen' };
  };
  const document = { ...base, revocations: { revocationOf } };
  expectOut(document, caller(), `${kind}_revoked`);
  expect(standingOf(document, caller())).toMatchObject({ reason: expect.stringContaining('reported stolen') });
});

const known: [string, () => Caller, Revocable][] = [
  ['human', () => forSales(), { kind: 'human', issuer: 'https://acme.example/', subject: 'u1' }],
  ['agent', () => forSales(), { kind: 'agent', id: 'helper' }],
  ['role', () => forSales(), { kind: 'role', role: 'sales' }],
  ['role', () => forSales(), { kind: 'role', role: 'chief' }],
];
test.each(known)(
  'a %s that is known to be revoked is out as such while nobody knows of the rest',
  (kind, caller, gone) => {
    const revocationOf = (whats: readonly Revocable[]) => {
      const what = whats.find((one) => JSON.stringify(one) === JSON.stringify(gone));
      if (what === undefined) throw new AppError('upstream_unavailable', 'nobody knows');
      return { what, reason: 'reported stolen' };
    };
    expectOut({ ...base, revocations: { revocationOf } }, caller(), `${kind}_revoked`);
  },
);

test('who is revoked by the document is out as such while nobody knows what is revoked beside it', () => {
  const revocationOf = () => {
    throw new AppError('upstream_unavailable', 'nobody knows');
  };
  const human = { issuer: 'https://acme.example/', subject: 'u1' };
  expectOut({ ...revoking({ humans: [human] }), revocations: { revocationOf } }, sales(), 'human_revoked');
  expect(() => standingOf({ ...base, revocations: { revocationOf } }, sales())).toThrow('nobody knows');
});

test('a token of a role whose principal changed is refused', () => {
  const role = { ...base.policy.roles['sales']!, principal: '00000000-0000-4000-8000-0000000000ff' };
  expectOut(changed({ roles: { ...base.policy.roles, sales: role } }), sales(), 'principal_changed');
});

test('a role or a provider that is no longer there is refused', () => {
  const { sales: _gone, ...rest } = base.policy.roles;
  expectOut(changed({ roles: rest }), sales(), 'role_unknown');
  expectOut(changed({ providers: base.policy.providers.slice(1) }), sales(), 'provider_unknown');
});

test('the groups and scopes are those of the policy now, whatever the token says', () => {
  const greedy = sales({ principal: { ...sales().principal, groups: ['chief'] } });
  expect(standingOf(base, greedy)).toMatchObject({ groups: ['sales', 'staff'], scopes: ['sql', 'genie'] });
});

test('an agent that is gone, has another role, or may not act for this human is refused', () => {
  const agent = base.policy.agents['helper']!;
  expectOut(changed({ agents: {} }), helper(), 'agent_unknown');
  expectOut(changed({ agents: { helper: { ...agent, role: 'sales' } } }), helper(), 'agent_role_changed');
  expectOut(base, humanWith(base.policy, 'chief', { agent: { id: 'helper' } }), 'agent_may_not_act');
  expectOut(base, olivia({ agent: { id: 'helper' } }), 'agent_may_not_act');
});

test('on the platform the document’s groups count before those of the token', () => {
  const liar = olivia({ agent: { id: 'helper' }, principal: { id: 'olivia', role: undefined, groups: ['sales'] } });
  expectOut(base, liar, 'agent_may_not_act');
  const stranger = workspaceHuman(base.policy, 'zoe@causeway.example', liar);
  const zoe = { ...stranger, human: { ...stranger.human!, email: 'zoe@causeway.example' } };
  expect(standingOf(base, zoe)).toMatchObject({ ok: true, groups: ['sales'] });
});

test.each([
  ['federation without a human', { human: undefined }],
  ['federation without a role', { principal: { id: 'x', role: undefined, groups: [] } }],
  ['m2m with a human', { pattern: 'm2m', agent: { id: 'helper' } }],
  ['m2m without an agent', { pattern: 'm2m', human: undefined }],
  ['obo with a role', { pattern: 'obo' }],
  ['obo without a human', { pattern: 'obo', human: undefined, principal: { id: 'x', role: undefined, groups: [] } }],
] as const)('half a caller is nobody: %s', (_name, change) => {
  expectOut(base, sales(change), 'caller_incomplete');
});
