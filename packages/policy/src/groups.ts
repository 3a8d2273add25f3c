import { own } from './own.ts';
import type { Policy } from './schema.ts';

/** The groups that a role is in. The group of its own name is always among them. */
export function groupsOfRole(policy: Pick<Policy, 'roles'>, role: string): readonly string[] {
  const definition = own(policy.roles, role);
  return definition === undefined ? [] : [...new Set([role, ...definition.groups])];
}

/** The groups of one of the platform's own people, or undefined when the policy does not say. E-mails differ by more than case. */
export function groupsOfHuman(policy: Pick<Policy, 'workspace'>, email: string): readonly string[] | undefined {
  return own(policy.workspace?.humans ?? {}, email.toLowerCase());
}
