import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { engineDigest, policyDigest } from './digest.ts';
import { checkPolicy, parsePolicy } from './parse-policy.ts';
import { arbitraryPolicy } from './testing/arbitrary-policy.ts';
import { changedPolicy } from './testing/base-policy.ts';

const digests = async (...changes: readonly (readonly [string, string])[]) => {
  const { digest, engineDigest: engine } = await parsePolicy(changedPolicy(...changes), { file: 'p' });
  return { digest, engine };
};

test.each([
  ['a comment and an empty line', ['version: 1', '# who may\n\nversion: 1   # one']],
  ['quotes', ['kind: entra', 'kind: "entra"']],
  [
    'the order of keys',
    ['    kind: auth0\n    issuer: https://acme.example/', '    issuer: https://acme.example/\n    kind: auth0'],
  ],
  ['the order of a set', ['check_identity: [sales, chief]', 'check_identity: [chief, sales]']],
  ['a set that says it twice', ['check_identity: [sales, chief]', 'check_identity: [sales, chief, sales]']],
  ['a default that is spelt out', ['limits:', 'lifetimes: { agentTokenSeconds: 300 }\nlimits:']],
] as const)('%s changes nothing', async (_name, change) => {
  expect(await digests(change)).toEqual(await digests());
});

test('the order of address ranges changes nothing', async () => {
  const one = await digests(['network: public', 'network: [10.0.0.0/8, 172.16.0.0/12]']);
  expect(await digests(['network: public', 'network: [172.16.0.0/12, 10.0.0.0/8]'])).toEqual(one);
});

test.each([
  ['the order of the precedence', ['precedence: [chief, sales]', 'precedence: [sales, chief]'], false],
  ['a limit', ['PerMinute: 5', 'PerMinute: 6'], false],
  ['a revocation', ['roles: []', 'roles: [sales]'], false],
  ['the workspace’s audience', ['audience: workspace', 'audience: other'], false],
  ['a tool', ['query_audit_log: [chief]', 'query_audit_log: []'], true],
  ['a row condition', ["'WEST'", "'EAST'"], true],
  ['a mask', ['visibleTo: [chief]', 'visibleTo: [chief, sales]'], true],
  ['a principal', ['000000000001', '000000000009'], true],
  ['a human’s group', ['olivia@causeway.example: [chief]', 'olivia@causeway.example: [staff]'], true],
  ['a connection', ['GET /search/*', 'GET /search'], true],
  ['the order of the shown columns', ['[id, title, body', '[title, id, body'], true],
  ['a column that a dataset adds to a view', ['stage: stage', 'stage: phase'], true],
] as const)('%s changes the digest; of the engine’s: %s', async (_name, change, engine) => {
  const [before, after] = [await digests(), await digests(change)];
  expect(after.digest).not.toBe(before.digest);
  expect(after.engine !== before.engine).toBe(engine);
});

/** The same policy with its keys in another order, recursively. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, entry]) => [key, reversed(entry)]),
  );
}

test('a valid policy that is written out, in any layout, reads as the same policy with the same digests', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryPolicy, fc.boolean(), fc.boolean(), async (policy, turn, flow) => {
      const written = stringify(turn ? reversed(policy) : policy, {
        collectionStyle: flow ? 'flow' : 'block',
        aliasDuplicateObjects: false,
      });
      const read = await checkPolicy(written, { file: 'p' });
      expect(read).toMatchObject({ ok: true });
      const document = (read as Extract<typeof read, { ok: true }>).document;
      expect(document.policy).toEqual(policy);
      expect([document.digest, document.engineDigest]).toEqual([policyDigest(policy), engineDigest(policy)]);
    }),
    { numRuns: 50 },
  );
}, 30_000);
