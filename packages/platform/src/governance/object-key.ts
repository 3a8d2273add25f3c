import type { GovernedIdentity } from '@causeway/policy';

/** The kinds of objects that carry a mark. Memberships, grants and the digest are compared with the catalog itself. */
export type MarkedIdentity = Exclude<GovernedIdentity, { readonly kind: 'membership' | 'grant' | 'digest' }>;

/** The same object has the same key, whether the policy or the catalog names it. */
export function objectKey(object: MarkedIdentity): string {
  return JSON.stringify([object.kind, ...partsOf(object)]);
}

export function isMarked<T extends GovernedIdentity>(object: T): object is T & MarkedIdentity {
  return object.kind !== 'membership' && object.kind !== 'grant' && object.kind !== 'digest';
}

/** What the catalog says, as an object that the policy could have named. */
export function identityOf(kind: string, parts: readonly string[]): MarkedIdentity {
  const [first = '', second = '', third = ''] = parts;
  const make = IDENTITIES[kind];
  if (make === undefined) throw new Error(`the catalog has no ${kind}`);
  return make(first, second, third);
}

type MakeIdentity = (first: string, second: string, third: string) => MarkedIdentity;

const IDENTITIES: Readonly<Record<string, MakeIdentity>> = {
  role: (role) => ({ kind: 'role', role, purpose: 'group' }),
  schema: (schema) => ({ kind: 'schema', schema }),
  function: (schema, name, args) => ({
    kind: 'function',
    schema,
    function: name,
    args: args === '' ? [] : args.split(', '),
  }),
  table: (schema, relation) => ({ kind: 'table', schema, relation }),
  'row-policy': (schema, relation, policy) => ({ kind: 'row-policy', schema, relation, policy }),
  view: (schema, relation) => ({ kind: 'view', schema, relation, columns: [] }),
  wrapper: (wrapper) => ({ kind: 'wrapper', wrapper }),
  server: (server) => ({ kind: 'server', server }),
};

/** For people. */
export function describeObject(object: MarkedIdentity): string {
  const [first, ...rest] = partsOf(object);
  return object.kind === 'function'
    ? `function ${object.schema}.${object.function}(${object.args.join(', ')})`
    : `${object.kind.replace('-', ' ')} ${[first, ...rest].join('.')}`;
}

function partsOf(object: MarkedIdentity): readonly string[] {
  switch (object.kind) {
    case 'role':
      return [object.role];
    case 'schema':
      return [object.schema];
    case 'function':
      return [object.schema, object.function, object.args.join(', ')];
    case 'table':
    case 'view':
      return [object.schema, object.relation];
    case 'row-policy':
      return [object.schema, object.relation, object.policy];
    case 'wrapper':
      return [object.wrapper];
    case 'server':
      return [object.server];
  }
}
