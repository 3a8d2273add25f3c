import type { PathSegment } from './problem.ts';
import { AT_KEY, noSuch, type PolicyCheck, WARNING } from './policy-check.ts';

/** Roles and groups: each name that is used is defined somewhere, and each that is defined gives something. */
export function checkRoles(check: PolicyCheck): void {
  checkPrincipals(check);
  checkRoleNames(check);
  checkGroupNames(check);
  checkUnusedGroups(check);
}

function checkPrincipals({ draft, report }: PolicyCheck): void {
  const owners = new Map<string, string>();
  for (const [name, { principal }] of Object.entries(draft.roles)) {
    const owner = owners.get(principal.toLowerCase());
    if (owner !== undefined) {
      report(['roles', name, 'principal'], `is the principal of "${owner}" too: each role needs its own`);
    }
    owners.set(principal.toLowerCase(), name);
  }
}

function checkRoleNames(check: PolicyCheck): void {
  const { draft, names, report } = check;
  const known = (path: readonly PathSegment[], role: string | undefined) => {
    if (role !== undefined && !names.roles.has(role)) report(path, noSuch('role', role, names.roles));
  };
  draft.precedence.forEach((role, index) => {
    known(['precedence', index], role);
    if (role !== undefined && draft.precedence.indexOf(role) < index) {
      report(['precedence', index], `"${role}" is here twice: only its first place counts, remove one`);
    }
  });
  for (const [tool, roles] of Object.entries(draft.tools)) {
    roles.forEach((role, index) => known(['tools', tool, index], role));
  }
  draft.providers.forEach((provider, index) => {
    for (const [value, role] of Object.entries(provider?.roles ?? {}))
      known(['providers', index, 'roles', value], role);
  });
  for (const [name, agent] of Object.entries(draft.agents)) known(['agents', name, 'role'], agent.role);
  draft.revoked.roles.forEach((role, index) => {
    if (!names.roles.has(role)) report(['revoked', 'roles', index], noSuch('role', role, names.roles), WARNING);
  });
  draft.revoked.agents.forEach((agent, index) => {
    if (!names.agents.has(agent)) report(['revoked', 'agents', index], noSuch('agent', agent, names.agents), WARNING);
  });
}

/** Every place where a group is named to be given something. */
function* groupUses({ draft }: PolicyCheck): Generator<{ path: PathSegment[]; group: string; atKey?: boolean }> {
  for (const [relation, { rows, masks }] of Object.entries(draft.data)) {
    for (const group of Object.keys(rows)) yield { path: ['data', relation, 'rows', group], group, atKey: true };
    for (const [column, { visibleTo }] of Object.entries(masks)) {
      for (const [index, group] of visibleTo.entries()) {
        yield { path: ['data', relation, 'masks', column, 'visibleTo', index], group };
      }
    }
  }
  for (const [name, { grants }] of Object.entries(draft.connections)) {
    for (const [index, group] of grants.entries()) yield { path: ['connections', name, 'grants', index], group };
  }
  for (const [name, { mayActFor }] of Object.entries(draft.agents)) {
    for (const [index, group] of mayActFor.entries()) yield { path: ['agents', name, 'mayActFor', index], group };
  }
}

function checkGroupNames(check: PolicyCheck): void {
  const { names, report } = check;
  for (const { path, group, atKey } of groupUses(check)) {
    if (names.groups.has(group)) continue;
    report(path, `${noSuch('group', group, names.groups)} No role and no human is in it`, atKey === true ? AT_KEY : {});
  }
}

function checkUnusedGroups(check: PolicyCheck): void {
  const { draft, names, report } = check;
  const used = new Set([...names.roles, ...[...groupUses(check)].map(({ group }) => group)]);
  const unused = (path: readonly PathSegment[], group: string) => {
    if (!used.has(group)) report(path, `${noSuch('role', group, used)} Nothing is given to this group`, WARNING);
  };
  for (const [name, { groups }] of Object.entries(draft.roles)) {
    groups.forEach((group, index) => unused(['roles', name, 'groups', index], group));
  }
  for (const [email, groups] of Object.entries(draft.workspace?.humans ?? {})) {
    groups.forEach((group, index) => unused(['workspace', 'humans', email, index], group));
  }
}
