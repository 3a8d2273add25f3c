import { AppError } from '@causeway/core';
import { z } from 'zod';
import type { PlatformIdentity, PlatformSession, QueryOptions, Statement } from '../platform.ts';

/** The role that the session has taken, and the groups that this role was put in. */
export async function identityOf(
  session: Pick<PlatformSession, 'query'>,
  options?: QueryOptions,
): Promise<PlatformIdentity> {
  const [found] = await session.query(WHO, options);
  if (found === undefined) throw new AppError('internal', 'the engine does not say who this is');
  return { currentUser: found.current_user, groups: found.groups };
}

const who = z.object({ current_user: z.string(), groups: z.array(z.string()) });

const WHO: Statement<z.infer<typeof who>> = {
  name: 'check_identity',
  text: `SELECT current_user::text AS current_user, ARRAY(
  SELECT DISTINCT held.rolname::text
  FROM pg_catalog.pg_auth_members AS membership
  JOIN pg_catalog.pg_roles AS self ON self.oid = membership.member
  JOIN pg_catalog.pg_roles AS held ON held.oid = membership.roleid
  WHERE self.rolname = current_user ORDER BY 1
) AS groups`,
  values: [],
  row: who,
};
