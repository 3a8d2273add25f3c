import { AppError, type Caller } from '@causeway/core';
import { groupsOfHuman, humanRole, type Policy } from '@causeway/policy';
import { principalOfRole } from '../principal-of-role.ts';

/** The database role of the caller's principal. Only a principal that the policy names has one. */
export function roleOf(caller: Caller, policy: Policy): string {
  const role = caller.pattern === 'obo' ? roleOfHuman(caller, policy) : principalOfRole(caller, policy);
  if (role === undefined) throw new AppError('exchange_denied', `the policy has no principal ${caller.principal.id}`);
  return role;
}

function roleOfHuman({ human }: Caller, policy: Policy): string | undefined {
  const email = human?.email;
  return email === undefined || groupsOfHuman(policy, email) === undefined ? undefined : humanRole(email);
}
