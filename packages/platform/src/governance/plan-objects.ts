import { dropStatement, type GovernedObject } from '@causeway/policy';
import type { Action } from './action.ts';
import { type Catalog, type CatalogObject, isOurs } from './catalog.ts';
import type { Ownership } from './ownership.ts';
import { describeObject, isMarked, type MarkedIdentity, objectKey } from './object-key.ts';

/** What must be made or made again: it is not there, was made by other statements, or was changed behind our back. */
export function planObjects(
  catalog: Catalog,
  objects: readonly GovernedObject[],
  { actions, wrap }: Ownership,
): readonly Action[] {
  const plan = (object: GovernedObject & MarkedIdentity): readonly Action[] => {
    const found = catalog.objects.get(objectKey(object));
    if (found !== undefined && isAsMade(catalog, object, found)) return [];
    const verb = found === undefined ? 'create' : 'update';
    return [{ verb, what: describeObject(object), statements: wrap(object) }];
  };
  const marked = objects.filter(isMarked);
  return [
    ...marked.filter(({ kind }) => kind === 'role').flatMap(plan),
    ...actions,
    ...marked.filter(({ kind }) => kind !== 'role').flatMap(plan),
  ];
}

function isAsMade(catalog: Catalog, object: GovernedObject & MarkedIdentity, found: CatalogObject): boolean {
  return found.mark === object.mark && found.definition === catalog.recorded.get(objectKey(object));
}

/** Somebody else's object where the policy wants one of its own. It is neither adopted nor touched. */
export function foreignObjects(catalog: Catalog, objects: readonly GovernedObject[]): readonly string[] {
  return objects.filter(isMarked).flatMap((object) => {
    const found = catalog.objects.get(objectKey(object)) ?? otherKind(catalog, object);
    return found === undefined || isOurs(found.mark)
      ? []
      : [`the ${describeObject(object)} exists, and Causeway did not create it`];
  });
}

/** A table has the name that a view wants, or the other way round: names of relations are one space. */
function otherKind({ objects }: Catalog, object: MarkedIdentity): CatalogObject | undefined {
  if (object.kind !== 'view' && object.kind !== 'table') return undefined;
  return objects.get(objectKey({ ...object, kind: object.kind === 'view' ? 'table' : 'view', columns: [] }));
}

/** Dependents first. */
const DROP_ORDER = ['view', 'row-policy', 'function', 'server', 'wrapper', 'schema', 'role'] as const;

/** What Causeway made and the policy no longer names. Tables stay, and so does a schema that holds something. */
export function planDrops(catalog: Catalog, objects: readonly GovernedObject[]): readonly Action[] {
  const wanted = new Set(objects.filter(isMarked).map(objectKey));
  const left = [...catalog.objects]
    .filter(([key, { mark }]) => isOurs(mark) && !wanted.has(key))
    .map(([, found]) => found);
  return DROP_ORDER.flatMap((kind) =>
    left
      .filter(({ identity, holds }) => identity.kind === kind && !holds)
      .flatMap(({ identity }): readonly Action[] => {
        const statement = dropStatement(identity);
        return statement === undefined
          ? []
          : [{ verb: 'drop', what: describeObject(identity), statements: [statement], everywhere: kind === 'role' }];
      }),
  );
}
