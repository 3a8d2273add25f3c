import { AppError } from '@causeway/core';
import { allGroups, databricksString, type Policy } from '@causeway/policy';
import { z } from 'zod';
import type { PlatformIdentity, PlatformSession, QueryOptions, Statement } from '../platform.ts';

/** Whom the workspace takes the session for, and which of the policy's groups it says that they are in. */
export async function identityOf(
  session: Pick<PlatformSession, 'query'>,
  policy: Policy,
  options?: QueryOptions,
): Promise<PlatformIdentity> {
  const groups = allGroups(policy);
  const [found] = await session.query(whoAmI(groups), options);
  if (found === undefined) throw new AppError('internal', 'the workspace does not say who this is');
  const { current_user: currentUser, ...member } = found;
  return { currentUser: String(currentUser), groups: groups.filter((_, index) => member[`g${index}`] === true) };
}

/** Account groups, as in the row filters and masks: it is their answers that count. */
function whoAmI(groups: readonly string[]): Statement<Record<string, unknown>> {
  const asked = groups.map((group, index) => `is_account_group_member(${databricksString(group)}) AS g${index}`);
  return {
    name: 'check_identity',
    text: `SELECT ${['current_user() AS current_user', ...asked].join(', ')}`,
    values: [],
    row: z.object({ current_user: z.string() }).catchall(z.unknown()),
  };
}
