import { GATEWAY_ROLE, type GovernedObject, type Grant, type GrantTarget } from '@causeway/policy';
import { escapeIdentifier } from 'pg';
import type { Action } from './action.ts';
import type { MarkedIdentity } from './object-key.ts';
import { type Catalog, type CatalogAcl, type CatalogMembership, isOurs } from './catalog.ts';

type Membership = Extract<GovernedObject, { readonly kind: 'membership' }>;
type GrantObject = Extract<GovernedObject, { readonly kind: 'grant' }>;

/** Who is in what, exactly: a membership too many of a principal is taken back. Other people's logins are left alone. */
export function planMemberships(catalog: Catalog, objects: readonly GovernedObject[]): readonly Action[] {
  const wanted = objects.filter((object) => object.kind === 'membership');
  const members = new Set(objects.flatMap((object) => (object.kind === 'role' ? [object.role] : [])));
  const missing = wanted.filter((one) => !catalog.memberships.some((found) => isSame(one, found)));
  const surplus = catalog.memberships.filter(
    (found) => members.has(found.member) && !wanted.some((one) => isSame(one, found)),
  );
  return [
    ...surplus.map(expel),
    ...missing.map(({ name, statements }): Action => ({
      verb: 'grant',
      what: `membership ${name}`,
      statements,
      everywhere: true,
    })),
  ];
}

/** Named by its grantor, because another one's would stay. What a caller's role has handed on goes too: no policy let it. */
function expel({ member, role, grantor }: CatalogMembership): Action {
  const revoke = `REVOKE ${escapeIdentifier(role)} FROM ${escapeIdentifier(member)}`;
  const by = grantor === null ? '' : ` GRANTED BY ${escapeIdentifier(grantor)}`;
  const what = `membership of ${member} in ${role}`;
  return { verb: 'revoke', what, statements: [`${revoke}${by} CASCADE`], everywhere: true };
}

function isSame(wanted: Membership, found: CatalogMembership): boolean {
  if (wanted.member !== found.member || wanted.group !== found.role || found.admin) return false;
  // Before Postgres 16 the member's own attribute decides, and that is part of the role.
  if (found.inherit === null || found.set === null) return true;
  return found.inherit === wanted.inherit && found.set !== wanted.inherit;
}

/** The rights on our objects, exactly, as far as everybody and the policy's own roles have any. */
export function planGrants(
  catalog: Catalog,
  objects: readonly GovernedObject[],
  remade: ReadonlySet<string>,
): readonly Action[] {
  const wanted = objects.filter((object) => object.kind === 'grant');
  const allowed = new Set(wanted.flatMap(entriesOf));
  const ours = ourRoles(catalog, objects);
  const targets = ourTargets(catalog);
  const surplus = catalog.acls.filter(
    (acl) =>
      targets.has(targetKey(acl)) &&
      (acl.grantee === null || ours.has(acl.grantee)) &&
      (acl.grantable || !allowed.has(entryOf(acl))),
  );
  const present = new Set(catalog.acls.filter((acl) => !remade.has(targetKey(acl))).map(entryOf));
  const taken = new Set(surplus.map((acl) => holder(targetKey(acl), acl.grantee)));
  const missing = wanted.filter(
    (grant) =>
      taken.has(holder(targetOf(grant.on), grant.grantee)) || !entriesOf(grant).every((entry) => present.has(entry)),
  );
  return [
    ...revocations(surplus),
    ...missing.map(({ name, statements }) => ({ verb: 'grant' as const, what: name, statements })),
  ];
}

function revocations(surplus: readonly CatalogAcl[]): readonly Action[] {
  const once = new Map(surplus.map((acl) => [JSON.stringify([targetKey(acl), acl.grantee, acl.grantor]), acl]));
  return [...once.values()].map((acl) => {
    const grantee = acl.grantee === null ? 'PUBLIC' : escapeIdentifier(acl.grantee);
    const revoke = `REVOKE ALL ON ${targetSql(acl)} FROM ${grantee} CASCADE`;
    return {
      verb: 'revoke',
      what: `rights on ${acl.type} ${acl.parts.slice(0, 2).join('.')} from ${acl.grantee ?? 'everybody'}`,
      // Only who gave a right can take it back, and only the owner may be left unnamed.
      statements:
        acl.grantor === null ? [revoke] : [`SET LOCAL ROLE ${escapeIdentifier(acl.grantor)}`, revoke, 'RESET ROLE'],
    };
  });
}

function targetSql({ type, parts }: CatalogAcl): string {
  const [first = '', second = '', args = ''] = parts;
  const name =
    type === 'schema' || type === 'server'
      ? escapeIdentifier(first)
      : `${escapeIdentifier(first)}.${escapeIdentifier(second)}`;
  const words = { relation: 'TABLE', schema: 'SCHEMA', function: 'FUNCTION', server: 'FOREIGN SERVER' } as const;
  return `${words[type]} ${name}${type === 'function' ? `(${args})` : ''}`;
}

/** Roles that the policy names, or that Causeway made for an older one. The owners have every right on their own. */
function ourRoles(catalog: Catalog, objects: readonly GovernedObject[]): ReadonlySet<string> {
  const named = objects.flatMap((object) => (object.kind === 'role' ? [object.role] : []));
  const made = [...catalog.objects.values()].flatMap(({ identity, mark }) =>
    identity.kind === 'role' && isOurs(mark) ? [identity.role] : [],
  );
  return new Set([...named, ...made, GATEWAY_ROLE]);
}

/** Objects that carry our mark, and tables with our row policy. */
function ourTargets({ objects }: Catalog): ReadonlySet<string> {
  const ours = [...objects.values()].filter(({ mark }) => isOurs(mark));
  return new Set(ours.flatMap(({ identity }) => targetsOf(identity)));
}

function targetsOf(identity: MarkedIdentity): readonly string[] {
  if (identity.kind === 'schema') return [targetOf({ ...identity, type: 'schema' })];
  if (identity.kind === 'server') return [targetOf({ ...identity, type: 'server' })];
  if (identity.kind === 'function') return [targetOf({ ...identity, type: 'function' })];
  return 'relation' in identity ? [targetOf({ ...identity, type: 'relation' })] : [];
}

const targetKey = ({ type, parts }: CatalogAcl) => JSON.stringify([type, ...parts]);

export function targetOf(target: GrantTarget): string {
  switch (target.type) {
    case 'relation':
      return JSON.stringify(['relation', target.schema, target.relation]);
    case 'schema':
      return JSON.stringify(['schema', target.schema]);
    case 'function':
      return JSON.stringify(['function', target.schema, target.function, target.args.join(', ')]);
    case 'server':
      return JSON.stringify(['server', target.server]);
  }
}

const holder = (target: string, grantee: string | null) => JSON.stringify([target, grantee]);

const entryOf = (acl: CatalogAcl) => JSON.stringify([targetKey(acl), acl.privilege, acl.column, acl.grantee]);

function entriesOf({ on, privilege, grantee }: Grant | GrantObject): readonly string[] {
  const columns: readonly (string | null)[] = on.type === 'relation' && on.columns !== undefined ? on.columns : [null];
  return columns.map((column) => JSON.stringify([targetOf(on), privilege, column, grantee]));
}
