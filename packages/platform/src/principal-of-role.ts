import type { Caller } from '@causeway/core';
import type { Policy } from '@causeway/policy';

/** The service principal of the caller's role, if the policy has that role, and gives it this very principal. */
export function principalOfRole({ principal }: Caller, { roles }: Policy): string | undefined {
  const { role } = principal;
  return role !== undefined && Object.hasOwn(roles, role) && roles[role]?.principal === principal.id
    ? principal.id
    : undefined;
}
