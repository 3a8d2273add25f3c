import type { PolicyDocument } from '@causeway/policy';
import { expect, test } from 'vitest';
import { PolicyInForce } from './policy-in-force.ts';

const document = (digest: string, engineDigest: string) => ({ digest, engineDigest }) as PolicyDocument;

/** A file that says the first document, and may be edited. */
function follow(first: PolicyDocument) {
  const file = { latest: first };
  return { file, policy: new PolicyInForce(() => file.latest) };
}

test('an edit of what the engine does not enforce holds at once', () => {
  const { file, policy } = follow(document('a', 'one'));
  file.latest = document('b', 'one');
  expect([policy.current.digest, policy.waiting]).toEqual(['b', undefined]);
});

test('an edit of what the engine enforces waits until the engine enforces it', () => {
  const { file, policy } = follow(document('a', 'one'));
  file.latest = document('b', 'two');
  expect([policy.current.digest, policy.waiting?.digest]).toEqual(['a', 'b']);
  policy.engineEnforces('one');
  expect([policy.current.digest, policy.waiting?.digest]).toEqual(['a', 'b']);
  policy.engineEnforces('two');
  expect([policy.current.digest, policy.waiting]).toEqual(['b', undefined]);
});

test('an edit that is taken back, or replaced, no longer waits', () => {
  const { file, policy } = follow(document('a', 'one'));
  file.latest = document('b', 'two');
  expect(policy.waiting?.digest).toBe('b');
  file.latest = document('c', 'three');
  expect([policy.current.digest, policy.waiting?.digest]).toEqual(['a', 'c']);
  file.latest = document('d', 'one');
  expect([policy.current.digest, policy.waiting]).toEqual(['d', undefined]);
});

test('an engine that was changed before the file waits for the file, and is not followed anywhere else', () => {
  const { file, policy } = follow(document('a', 'one'));
  policy.engineEnforces('two');
  expect(policy.current.engineDigest).toBe('one');
  file.latest = document('b', 'two');
  policy.engineEnforces('two');
  expect(policy.current.digest).toBe('b');
});

test('a policy that was replaced does not come back because the engine still enforces it', () => {
  const { file, policy } = follow(document('a', 'one'));
  file.latest = document('b', 'two');
  policy.engineEnforces('two');
  policy.engineEnforces('one');
  expect(policy.current.digest).toBe('b');
});
