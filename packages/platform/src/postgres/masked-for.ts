import type { Caller } from '@causeway/core';
import { accessOfGroups, accessOfRole, groupsOfHuman, type Policy } from '@causeway/policy';

/** The columns of a relation that read as empty for this caller, by the policy that the engine enforces. */
export function maskedFor(
  { pattern, principal, human }: Caller,
  policy: Policy,
  relation: string,
): ReadonlySet<string> {
  const access =
    pattern === 'obo'
      ? accessOfGroups(policy, groupsOfHuman(policy, human?.email ?? '') ?? [])
      : accessOfRole(policy, principal.role ?? '');
  return new Set(Object.hasOwn(access.relations, relation) ? access.relations[relation]?.masked : []);
}
