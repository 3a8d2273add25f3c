import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffPolicies, type PolicyChange } from './diff-policies.ts';
import { parsePolicy } from './parse-policy.ts';
import { arbitraryPolicy } from './testing/arbitrary-policy.ts';
import { BASE_POLICY, changedPolicy } from './testing/base-policy.ts';

const told = ({ who, change, what, from, to }: PolicyChange) =>
  [`${who} ${change} ${what}`, from && `from ${from}`, to && `to ${to}`].filter(Boolean).join(' ');

async function diff(...changes: readonly (readonly [string, string])[]) {
  const before = await parsePolicy(BASE_POLICY, { file: 'old' });
  const after = await parsePolicy(changedPolicy(...changes), { file: 'new' });
  const { changes: found, sections } = diffPolicies(before.policy, after.policy);
  return { changes: found.map(told), sections };
}

test.each([
  [
    'query_audit_log: [chief]',
    'query_audit_log: [sales]',
    [
      'role sales gains the tool query_audit_log',
      'role chief loses the tool query_audit_log',
      'human olivia@causeway.example loses the tool query_audit_log',
    ],
  ],
  ['scopes: [sql, genie] }', 'scopes: [sql] }', ['role sales loses the scope genie']],
  [
    "      sales: region = 'WEST'",
    '      sales: all',
    ["role sales gains rows of sales.deals from region = 'WEST' to all"],
  ],
  [
    "      sales: region = 'WEST'",
    "      sales: region = 'EAST'",
    ["role sales changes rows of sales.deals from region = 'WEST' to region = 'EAST'"],
  ],
  [
    "      sales: region = 'WEST'",
    "      sales: region = 'WEST'\n      staff: region = 'EAST'",
    ["role sales gains rows of sales.deals from region = 'WEST' to region = 'EAST' OR region = 'WEST'"],
  ],
  [
    "      staff: audience = 'everyone'\n",
    '',
    [
      "role sales loses rows of docs.pages from audience = 'everyone' to none",
      ...['id', 'title', 'body', 'source'].flatMap((column) => [`role sales loses of docs.pages the column ${column}`]),
    ],
  ],
  ['visibleTo: [chief]', 'visibleTo: [chief, sales]', ['role sales gains of sales.deals the real value of margin_pct']],
  [
    'columns: [id, title',
    'columns: [id, author, title',
    ['role sales gains of docs.pages the column author', 'role chief gains of docs.pages the column author'],
  ],
  ['    grants: [chief]', '    grants: [chief, sales]', ['role sales gains the connection github']],
  [
    '  humans:\n',
    '  admits: everybody\n  humans:\n',
    ['the workspace changes being let in from who is named to everybody of it'],
  ],
  ['000000000001', '000000000009', ['role sales changes the principal']],
  [
    'causeway.example: [chief]',
    'causeway.example: [chief, sales]',
    ['human olivia@causeway.example gains the tool query_knowledge_base'],
  ],
  [
    'causeway.example: [chief]',
    'causeway.example: [sales]',
    [
      'human olivia@causeway.example loses the tool query_audit_log',
      "human olivia@causeway.example loses rows of sales.deals from all to region = 'WEST'",
    ],
  ],
  ['mayActFor: [sales, staff]', 'mayActFor: [sales, staff, chief]', ['agent helper gains acting for the group chief']],
  [
    'reps: sales, chiefs: chief',
    'reps: chief',
    ['claim "reps" of acme changes the role from sales to chief', 'claim "chiefs" of acme loses the role from chief'],
  ],
  [
    'subject: auth0|9',
    'subject: auth0|8',
    [
      'human "auth0|8" of https://acme.example/ loses everything: revoked',
      'human "auth0|9" of https://acme.example/ gains everything: no longer revoked',
    ],
  ],
  [
    '  roles: []',
    '  roles: [sales]',
    [
      'role sales loses the tool check_identity',
      'role sales loses the scope sql',
      "role sales loses rows of sales.deals from region = 'WEST' to none",
    ],
  ],
])('says who gains and who loses: %j as %j', async (from, to, expected) => {
  const { changes } = await diff([from, to]);
  expect(changes).toEqual(expect.arrayContaining(expected.map((line) => expect.stringContaining(line))));
});

test('a setting that gives nobody anything is named by its section', async () => {
  expect(
    await diff(['PerMinute: 5', 'PerMinute: 6'], ['PerMinute: 6', 'PerMinute: 6\nretention: { auditMonths: 1 }']),
  ).toEqual({
    changes: [],
    sections: ['limits', 'retention'],
  });
});

test('a policy and itself differ in nothing, and there and back are opposites', () => {
  const opposite = { gains: 'loses', loses: 'gains', changes: 'changes' } as const;
  const key = ({ who, what }: PolicyChange, change: PolicyChange['change']) => `${who} ${change} ${what}`;
  fc.assert(
    fc.property(arbitraryPolicy, arbitraryPolicy, (one, other) => {
      expect(diffPolicies(one, one)).toEqual({ changes: [], sections: [] });
      const there = diffPolicies(one, other).changes.map((change) => key(change, change.change));
      const back = diffPolicies(other, one).changes.map((change) => key(change, opposite[change.change]));
      expect(there.toSorted()).toEqual(back.toSorted());
    }),
    { numRuns: 50 },
  );
}, 30_000);
