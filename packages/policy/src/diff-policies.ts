import { type Access, accessOfGroups, accessOfRole, type RelationAccess } from './access.ts';
import { canonicalSection } from './digest.ts';
import { own } from './own.ts';
import type { Policy } from './schema.ts';

/** Something that somebody has in one policy and not, or otherwise, in the other. */
export interface PolicyChange {
  /** Such as `role finance`, `human olivia@causeway.example`, `agent supervisor`, `claim "cfo" of contoso`. */
  readonly who: string;
  readonly change: 'gains' | 'loses' | 'changes';
  /** Such as `the tool query_audit_log`, `rows of sales.deals`. */
  readonly what: string;
  readonly from?: string;
  readonly to?: string;
}

export interface PolicyDiff {
  readonly changes: readonly PolicyChange[];
  /** Sections that say something else now; those that give nobody anything are named here only. */
  readonly sections: readonly string[];
}

/** Who gains and who loses what. */
export function diffPolicies(before: Policy, after: Policy): PolicyDiff {
  const sections = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((section) => canonicalSection(before, section) !== canonicalSection(after, section))
    .toSorted();
  return {
    changes: [
      ...roleChanges(before, after),
      ...humanChanges(before, after),
      ...agentChanges(before, after),
      ...claimChanges(before, after),
    ],
    sections,
  };
}

function roleChanges(before: Policy, after: Policy): PolicyChange[] {
  return keysOfBoth(before.roles, after.roles).flatMap((role) => {
    const who = `role ${role}`;
    const [from, to] = [own(before.roles, role)?.principal, own(after.roles, role)?.principal];
    return [
      ...changed(who, 'the principal', [from, to]),
      ...accessChanges(who, accessOfRole(before, role), accessOfRole(after, role)),
    ];
  });
}

function humanChanges(before: Policy, after: Policy): PolicyChange[] {
  const access = (policy: Policy, email: string) =>
    accessOfGroups(policy, own(policy.workspace?.humans ?? {}, email) ?? []);
  const people = keysOfBoth(before.workspace?.humans ?? {}, after.workspace?.humans ?? {}).flatMap((email) =>
    accessChanges(`human ${email}`, access(before, email), access(after, email)),
  );
  const revoked = (policy: Policy) =>
    policy.revoked.humans.map(({ issuer, subject }) => `human ${JSON.stringify(subject)} of ${issuer}`);
  const out = new Set(revoked(after));
  const was = new Set(revoked(before));
  const all = (policy: Policy) => (policy.workspace?.admits === 'everybody' ? 'everybody of it' : 'who is named');
  return [
    ...changed('the workspace', 'being let in', [all(before), all(after)]),
    ...people,
    ...[...out]
      .filter((who) => !was.has(who))
      .map((who): PolicyChange => ({ who, change: 'loses', what: 'everything: revoked' })),
    ...[...was]
      .filter((who) => !out.has(who))
      .map((who): PolicyChange => ({ who, change: 'gains', what: 'everything: no longer revoked' })),
  ];
}

function agentChanges(before: Policy, after: Policy): PolicyChange[] {
  const rule = (policy: Policy, name: string) =>
    policy.revoked.agents.includes(name) ? undefined : own(policy.agents, name);
  return keysOfBoth(before.agents, after.agents).flatMap((name) => {
    const who = `agent ${name}`;
    const [from, to] = [rule(before, name), rule(after, name)];
    return [
      ...changed(who, 'the role', [from?.role, to?.role]),
      ...listChanges(who, 'the scope', [from?.scopes, to?.scopes]),
      ...listChanges(who, 'acting for the group', [from?.mayActFor, to?.mayActFor]),
      ...changed(who, 'consent', [from?.consent, to?.consent]),
    ];
  });
}

function claimChanges(before: Policy, after: Policy): PolicyChange[] {
  const claims = (policy: Policy): Record<string, string> =>
    Object.fromEntries(
      policy.providers.flatMap(({ id, roles }) =>
        Object.entries(roles).map(([value, role]) => [`claim ${JSON.stringify(value)} of ${id}`, role]),
      ),
    );
  const [from, to] = [claims(before), claims(after)];
  return keysOfBoth(from, to).flatMap((who) => changed(who, 'the role', [from[who], to[who]]));
}

function accessChanges(who: string, before: Access, after: Access): PolicyChange[] {
  return [
    ...listChanges(who, 'the tool', [before.tools, after.tools]),
    ...listChanges(who, 'the scope', [before.scopes, after.scopes]),
    ...listChanges(who, 'the connection', [before.connections, after.connections]),
    ...keysOfBoth(before.relations, after.relations).flatMap((relation) =>
      relationChanges(who, relation, [own(before.relations, relation), own(after.relations, relation)]),
    ),
  ];
}

type Both<T> = readonly [T | undefined, T | undefined];

function relationChanges(who: string, relation: string, [before, after]: Both<RelationAccess>): PolicyChange[] {
  const known = (access: RelationAccess | undefined) => [...(access?.visible ?? []), ...(access?.masked ?? [])];
  return [
    ...rowChanges(who, relation, [before?.rows, after?.rows]),
    ...listChanges(who, `of ${relation} the column`, [known(before), known(after)]),
    ...listChanges(who, `of ${relation} the real value of`, [before?.visible, after?.visible]),
  ];
}

function rowChanges(who: string, relation: string, [before, after]: Both<RelationAccess['rows']>): PolicyChange[] {
  const [from, to] = [rowText(before), rowText(after)];
  if (from === to) return [];
  return [{ who, change: direction(before, after), what: `rows of ${relation}`, from, to }];
}

/** More conditions are more rows. Whether another condition is more or fewer rows, only the data could say. */
function direction(before: RelationAccess['rows'] = [], after: RelationAccess['rows'] = []): PolicyChange['change'] {
  if (after === 'all') return 'gains';
  if (before === 'all') return 'loses';
  if (before.every((predicate) => after.includes(predicate))) return 'gains';
  return after.every((predicate) => before.includes(predicate)) ? 'loses' : 'changes';
}

function rowText(rows: RelationAccess['rows'] | undefined): string {
  if (rows === undefined) return 'none';
  return rows === 'all' ? 'all' : rows.join(' OR ');
}

function listChanges(who: string, what: string, [before = [], after = []]: Both<readonly string[]>): PolicyChange[] {
  return [
    ...after
      .filter((name) => !before.includes(name))
      .map((name) => ({ who, change: 'gains' as const, what: `${what} ${name}` })),
    ...before
      .filter((name) => !after.includes(name))
      .map((name) => ({ who, change: 'loses' as const, what: `${what} ${name}` })),
  ];
}

function changed(who: string, what: string, [from, to]: Both<string>): PolicyChange[] {
  if (from === to) return [];
  const change = from === undefined ? 'gains' : to === undefined ? 'loses' : 'changes';
  return [{ who, change, what, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
}

function keysOfBoth(before: object, after: object): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])];
}
