import { AppError } from '@causeway/core';
import { escapeIdentifier, escapeLiteral } from 'pg';
import { groupsOfRole } from '../groups.ts';
import type { Policy } from '../schema.ts';
import { marked, refuseForeign } from './marked.ts';
import type { GovernedObject, RolePurpose } from './postgres-governance.ts';
import { block } from './quote.ts';
import { GATEWAY_ROLE, humanRole, OWNER_ROLE, VIEWS_ROLE } from './role-names.ts';

export type PolicyPeople = Pick<Policy, 'roles' | 'workspace' | 'data' | 'connections'>;

/** Every role that the policy needs, and who is in what. */
export function rolesAndMemberships(policy: PolicyPeople): readonly GovernedObject[] {
  const callers = callersOf(policy);
  const roles: (readonly [name: string, purpose: RolePurpose])[] = [
    [OWNER_ROLE, 'owner'],
    [VIEWS_ROLE, 'views'],
    [GATEWAY_ROLE, 'gateway'],
    ...allGroups(policy).map((group) => [group, 'group'] as const),
    ...callers.map(({ name, purpose }) => [name, purpose] as const),
  ];
  refuseDoubles(roles.map(([name]) => name));
  return [
    ...roles.map(([name, purpose]) => role(name, purpose)),
    ...callers.flatMap(({ name, groups }) => groups.map((group) => membership(name, group, true))),
    ...callers.map(({ name }) => membership(GATEWAY_ROLE, name, false)),
  ];
}

/** Every group that the policy names anywhere, each once. */
export function allGroups({ roles, workspace, data, connections }: PolicyPeople): readonly string[] {
  const relations = Object.values(data);
  return [
    ...new Set([
      ...Object.keys(roles).flatMap((name) => groupsOfRole({ roles }, name)),
      ...Object.values(workspace?.humans ?? {}).flat(),
      ...relations.flatMap(({ rows, masks }) => [
        ...Object.keys(rows),
        ...Object.values(masks).flatMap(({ visibleTo }) => visibleTo),
      ]),
      ...Object.values(connections).flatMap(({ grants }) => grants),
    ]),
  ];
}

interface CallerRole {
  readonly name: string;
  readonly purpose: 'principal' | 'human';
  readonly groups: readonly string[];
}

function callersOf({ roles, workspace }: PolicyPeople): readonly CallerRole[] {
  const principals = Object.entries(roles).map(([name, { principal }]) => ({
    name: principal,
    purpose: 'principal' as const,
    groups: groupsOfRole({ roles }, name),
  }));
  const humans = Object.entries(workspace?.humans ?? {}).map(([email, groups]) => ({
    name: humanRole(email),
    purpose: 'human' as const,
    groups,
  }));
  return [...principals, ...humans];
}

/** One database role for two parties would give each what the other has. */
function refuseDoubles(names: readonly string[]): void {
  const doubles = names.filter((name, index) => names.indexOf(name) < index);
  const reserved = names.filter((name) => name.startsWith('pg_') || name === 'public' || name === 'none');
  if (doubles.length + reserved.length === 0) return;
  const all = [...doubles.map((name) => `${name} (twice)`), ...reserved.map((name) => `${name} (reserved)`)];
  throw new AppError('config_invalid', `the policy's names cannot be database roles: ${all.join(', ')}`);
}

function role(name: string, purpose: RolePurpose): GovernedObject {
  const id = escapeIdentifier(name);
  const login = purpose === 'gateway' ? 'LOGIN NOINHERIT' : 'NOLOGIN INHERIT';
  const exists = `SELECT FROM pg_roles WHERE rolname = ${escapeLiteral(name)}`;
  const made = marked(`ROLE ${id}`, [
    refuseForeign(
      `the role ${name}`,
      `SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = ${escapeLiteral(name)}`,
    ),
    block(`IF NOT EXISTS (${exists}) THEN`, `  CREATE ROLE ${id};`, 'END IF;'),
    `ALTER ROLE ${id} ${login}`,
    // Only where there is something to take away: a managed server's administrator may not even say NOSUPERUSER.
    block(
      `IF EXISTS (${exists} AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)) THEN`,
      `  ALTER ROLE ${id} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;`,
      'END IF;',
    ),
  ]);
  return { kind: 'role', name, role: name, purpose, ...made };
}

/**
 * Inherited, so that the group's grants and `pg_has_role(…, 'USAGE')` hold; or only to become, so that the gateway has nothing of its
 * own. From version 16 on the membership says which, before it the member's INHERIT or NOINHERIT.
 */
function membership(member: string, group: string, inherit: boolean): GovernedObject {
  const grant = `GRANT ${escapeIdentifier(group)} TO ${escapeIdentifier(member)}`;
  const options = inherit ? 'WITH INHERIT TRUE, SET FALSE' : 'WITH INHERIT FALSE, SET TRUE';
  const statement = block(
    `IF current_setting('server_version_num')::int >= 160000 THEN`,
    `  EXECUTE ${escapeLiteral(`${grant} ${options}`)};`,
    'ELSE',
    `  ${grant};`,
    'END IF;',
  );
  return { kind: 'membership', name: `${member} in ${group}`, member, group, inherit, statements: [statement] };
}
