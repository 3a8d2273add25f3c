import type { Caller } from '@causeway/core';
import { accessOfCaller, type Policy } from '@causeway/policy';

/** The columns of a relation that read as empty for this caller, by the policy that the engine enforces. */
export function maskedFor(caller: Caller, policy: Policy, relation: string): ReadonlySet<string> {
  const { relations } = accessOfCaller(policy, caller);
  return new Set(Object.hasOwn(relations, relation) ? relations[relation]?.masked : []);
}
