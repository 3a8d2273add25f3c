import { AppError } from '@causeway/core';
import { demoPolicy } from '@causeway/platform/testing';
import type { PolicyDocument } from '@causeway/policy';
import { expect, test } from 'vitest';
import { isRevoked } from './is-revoked.ts';

const TOKEN = { kind: 'token', id: 'token-1' } as const;
const AGENT = { kind: 'agent', id: 'supervisor' } as const;

const demo = await demoPolicy();
const revoking = (revoked: Partial<PolicyDocument['policy']['revoked']>): PolicyDocument => ({
  ...demo,
  policy: { ...demo.policy, revoked: { ...demo.policy.revoked, ...revoked } },
});
const nobodyKnows = () => {
  throw new AppError('upstream_unavailable', 'nobody knows');
};

test.each([
  ['token', revoking({ tokens: [TOKEN.id] })],
  ['agent', revoking({ agents: [AGENT.id] })],
])('one of several is revoked by the policy, the %s, also while nobody knows of the others', (_kind, document) => {
  expect(isRevoked(document, TOKEN, AGENT)).toBe(true);
  expect(isRevoked({ ...document, revocations: { revocationOf: nobodyKnows } }, TOKEN, AGENT)).toBe(true);
});

test('one of several is revoked at run time', () => {
  const revocationOf: NonNullable<PolicyDocument['revocations']>['revocationOf'] = (whats) => {
    const what = whats.find(({ kind }) => kind === 'agent');
    return what && { what, reason: 'stolen' };
  };
  const document = { ...demo, revocations: { revocationOf } };
  expect(isRevoked(document, TOKEN, AGENT)).toBe(true);
  expect(isRevoked(document, TOKEN)).toBe(false);
});

test('an agent with the id of a revoked token is none, and what nobody knows is nothing to go on', () => {
  expect(isRevoked(revoking({ tokens: [AGENT.id], agents: [TOKEN.id] }), TOKEN, AGENT)).toBe(false);
  expect(() => isRevoked({ ...demo, revocations: { revocationOf: nobodyKnows } }, TOKEN)).toThrow('nobody knows');
});
