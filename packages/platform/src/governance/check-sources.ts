import { type GovernedObject, type Prerequisite, VIEWS_ROLE } from '@causeway/policy';
import { escapeIdentifier } from 'pg';
import type { Action } from './action.ts';
import { type Catalog, type CatalogReach, nameOf } from './catalog.ts';
import { type MarkedIdentity, objectKey } from './object-key.ts';

/** Tables and columns that the policy's rules and views read, and that are not there. */
export function missingSources(
  catalog: Catalog,
  objects: readonly GovernedObject[],
  prerequisites: readonly Prerequisite[],
) {
  const ours = objects.flatMap((object) =>
    object.kind === 'grant' && object.grantee === VIEWS_ROLE && object.on.type === 'relation'
      ? [{ schema: object.on.schema, relation: object.on.relation, columns: object.on.columns ?? [], ours: true }]
      : [],
  );
  return [...ours, ...prerequisites.map((one) => ({ ...one, ours: false }))].flatMap((source) => {
    const found = catalog.columns.get(nameOf(source));
    const name = `${source.schema}.${source.relation}`;
    if (found === undefined) return isPlanned(objects, source) ? [] : [missingTable(name, source.ours)];
    const missing = source.columns.filter((column) => !found.includes(column));
    return missing.map((column) => `the table ${name} has no column ${JSON.stringify(column)}`);
  });
}

function missingTable(name: string, ours: boolean): string {
  return ours
    ? `the table ${name} does not exist: name an existing table with \`from\`, or create this one as causeway_owner`
    : `the table ${name} does not exist`;
}

function isPlanned(
  objects: readonly GovernedObject[],
  { schema, relation }: { schema: string; relation: string },
): boolean {
  const table: MarkedIdentity = { kind: 'table', schema, relation };
  return objects.some((object) => object.kind === 'table' && objectKey(object) === objectKey(table));
}

/** A governed table that everybody, or a caller's role, may read directly: the view before it would be a formality. */
export function openSources({ reach }: Catalog): readonly string[] {
  return reach
    .filter(({ role, schemaUsage, columns }) => role !== VIEWS_ROLE && schemaUsage && columns.length > 0)
    .map(
      ({ schema, relation, role }) => `${role ?? 'everybody (PUBLIC)'} may read ${schema}.${relation} past the policy`,
    );
}

/** What the owners of other people's tables must still grant, so that the governed views can read them. */
export function pendingGrants(catalog: Catalog, prerequisites: readonly Prerequisite[]): readonly Action[] {
  return prerequisites.flatMap((source) => {
    const found = catalog.reach.find((one) => one.role === VIEWS_ROLE && nameOf(one) === nameOf(source));
    const statements = missingGrants(source, found);
    return statements.length === 0
      ? []
      : [{ verb: 'grant' as const, what: `reading ${source.schema}.${source.relation} to ${VIEWS_ROLE}`, statements }];
  });
}

function missingGrants(
  { schema, columns, statements }: Prerequisite,
  found: CatalogReach | undefined,
): readonly string[] {
  const usage = `GRANT USAGE ON SCHEMA ${escapeIdentifier(schema)} TO ${VIEWS_ROLE}`;
  return [
    ...(found?.schemaUsage ? [] : [usage]),
    ...(columns.every((column) => found?.columns.includes(column)) ? [] : statements),
  ];
}
