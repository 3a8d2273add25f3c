import { escapeIdentifier } from 'pg';
import type { GovernedIdentity } from './postgres-governance.ts';
import { revokeStatement } from './postgres-grants.ts';
import { qualified } from './quote.ts';

/**
 * How what the policy no longer names goes away. Never with CASCADE: what somebody else built on top, or a table with rows in it,
 * stops it instead of going too. A schema's tables and the digest stay.
 */
export function dropStatement(object: GovernedIdentity): string | undefined {
  const drop = DROPS[object.kind] as (object: GovernedIdentity) => string | undefined;
  return drop(object);
}

type Drops = {
  readonly [Kind in GovernedIdentity['kind']]: (
    object: Extract<GovernedIdentity, { readonly kind: Kind }>,
  ) => string | undefined;
};

const DROPS: Drops = {
  role: ({ role }) => `DROP ROLE ${escapeIdentifier(role)}`,
  membership: ({ group, member }) => `REVOKE ${escapeIdentifier(group)} FROM ${escapeIdentifier(member)}`,
  schema: ({ schema }) => `DROP SCHEMA ${escapeIdentifier(schema)}`,
  function: ({ schema, function: name, args }) => `DROP FUNCTION ${qualified(schema, name)}(${args.join(', ')})`,
  table: () => undefined,
  'row-policy': ({ schema, relation, policy }) =>
    `DROP POLICY ${escapeIdentifier(policy)} ON ${qualified(schema, relation)}`,
  view: ({ schema, relation }) => `DROP VIEW ${qualified(schema, relation)}`,
  wrapper: ({ wrapper }) => `DROP FOREIGN DATA WRAPPER ${escapeIdentifier(wrapper)}`,
  server: ({ server }) => `DROP SERVER ${escapeIdentifier(server)}`,
  grant: revokeStatement,
  digest: () => undefined,
};
