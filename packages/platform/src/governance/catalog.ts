import { type GovernedObject, MARK_PREFIX, type Prerequisite } from '@causeway/policy';
import type pg from 'pg';
import { ACLS, COLUMNS, DEFINITIONS, MEMBERSHIPS, OBJECTS, REACH } from './catalog-queries.ts';
import { identityOf, isMarked, type MarkedIdentity, objectKey } from './object-key.ts';

/** What is on the server now, of all that the governance is about. */
export interface Catalog {
  /** Objects that carry our mark, and those that stand where the policy wants one. */
  readonly objects: ReadonlyMap<string, CatalogObject>;
  readonly memberships: readonly CatalogMembership[];
  readonly acls: readonly CatalogAcl[];
  /** Columns of the tables behind the governed views, by `["schema","table"]`. A table that is not there is not in it. */
  readonly columns: ReadonlyMap<string, readonly string[]>;
  /** How each object looked after we had made it. */
  readonly recorded: ReadonlyMap<string, string>;
  readonly digest: string | undefined;
  /** Rights on other people's tables. */
  readonly reach: readonly CatalogReach[];
}

export interface CatalogObject {
  readonly identity: MarkedIdentity;
  readonly mark: string | null;
  /** Everything about it that must not change behind our back. */
  readonly definition: string;
  /** A table or schema with something in it. */
  readonly holds: boolean;
}

export interface CatalogMembership {
  readonly member: string;
  readonly role: string;
  readonly admin: boolean;
  /** `null` before Postgres 16, where a membership is one, whoever gave it. */
  readonly grantor: string | null;
  /** `null` before Postgres 16, where the member's own attribute decides. */
  readonly inherit: boolean | null;
  readonly set: boolean | null;
}

export interface CatalogAcl {
  readonly type: 'relation' | 'schema' | 'function' | 'server';
  readonly parts: readonly string[];
  readonly column: string | null;
  readonly privilege: string;
  /** The grantee may hand it on. */
  readonly grantable: boolean;
  /** `null` is the owner. */
  readonly grantor: string | null;
  /** `null` is PUBLIC. */
  readonly grantee: string | null;
}

export interface CatalogReach {
  readonly schema: string;
  readonly relation: string;
  /** `null` is PUBLIC. */
  readonly role: string | null;
  readonly schemaUsage: boolean;
  /** Columns that it may read. */
  readonly columns: readonly string[];
}

export const isOurs = (mark: string | null | undefined) => mark?.startsWith(MARK_PREFIX) === true;

export async function readCatalog(
  client: pg.ClientBase,
  objects: readonly GovernedObject[],
  prerequisites: readonly Prerequisite[],
): Promise<Catalog> {
  const bases = basesOf(objects, prerequisites);
  const found = await readObjects(client, objects);
  return {
    objects: found,
    memberships: await select<CatalogMembership>(client, MEMBERSHIPS, []),
    acls: await select<CatalogAcl>(client, ACLS, [schemasOf(objects)]),
    columns: await readColumns(client, bases),
    ...(await readRecord(client)),
    reach: await select<CatalogReach>(client, REACH, [prerequisites.map(nameOf), rolesOf(objects)]),
  };
}

/** How the objects look now: what the next run compares with. */
export async function readDefinitions(client: pg.ClientBase, objects: readonly GovernedObject[]) {
  const found = await readObjects(client, objects);
  return [...found].filter(([, { mark }]) => isOurs(mark)).map(([key, { definition }]) => ({ key, definition }));
}

async function readObjects(client: pg.ClientBase, objects: readonly GovernedObject[]) {
  interface Row {
    readonly kind: string;
    readonly parts: readonly string[];
    readonly mark: string | null;
    readonly definition: string;
    readonly holds: boolean;
  }
  const rows = await select<Row>(client, OBJECTS, [schemasOf(objects), `${MARK_PREFIX}%`]);
  const wanted = new Set(objects.filter(isMarked).flatMap(placesOf));
  const found = new Map<string, CatalogObject>();
  for (const { kind, parts, ...rest } of rows) {
    const identity = identityOf(kind, parts);
    const key = objectKey(identity);
    if (wanted.has(key) || isOurs(rest.mark)) found.set(key, { identity, ...rest });
  }
  return found;
}

/** Names of relations are one space: a table stands in the way of a view, and the other way round. */
function placesOf(object: MarkedIdentity): readonly string[] {
  if (object.kind !== 'view' && object.kind !== 'table') return [objectKey(object)];
  return ['view', 'table'].map((kind) => objectKey(identityOf(kind, [object.schema, object.relation])));
}

async function readColumns(client: pg.ClientBase, bases: readonly string[]) {
  const rows = await select<{ name: string; columns: readonly string[] }>(client, COLUMNS, [bases]);
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}

async function readRecord(client: pg.ClientBase): Promise<Pick<Catalog, 'recorded' | 'digest'>> {
  const [tables] = await select<{ objects: boolean; state: boolean }>(client, DEFINITIONS.exist, []);
  const recorded = tables?.objects
    ? await select<{ object: string; definition: string }>(client, DEFINITIONS.objects, [])
    : [];
  const [state] = tables?.state ? await select<{ digest: string }>(client, DEFINITIONS.digest, []) : [];
  return { recorded: new Map(recorded.map(({ object, definition }) => [object, definition])), digest: state?.digest };
}

export const nameOf = ({ schema, relation }: { readonly schema: string; readonly relation: string }) =>
  JSON.stringify([schema, relation]);

function basesOf(objects: readonly GovernedObject[], prerequisites: readonly Prerequisite[]): readonly string[] {
  const ours = objects.filter((object) => object.kind === 'row-policy');
  return [...ours, ...prerequisites].map(nameOf);
}

function schemasOf(objects: readonly GovernedObject[]): readonly string[] {
  return [...new Set(objects.flatMap((object) => ('schema' in object ? [object.schema] : [])))];
}

function rolesOf(objects: readonly GovernedObject[]): readonly string[] {
  return objects.flatMap((object) => (object.kind === 'role' ? [object.role] : []));
}

async function select<Row extends object>(
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  return (await client.query<Row>(text, [...values])).rows;
}
