import { z } from 'zod';
import { type Policy, policySchema, type Provider } from './schema.ts';
import { unwrap } from './schema-tree.ts';

/** What can be understood of a document, so that checks between its parts run even when some part is wrong. Holes are `undefined`. */
export type Draft = Omit<Policy, 'version' | 'resource' | 'providers' | 'precedence' | 'idJag'> & {
  readonly resource: string | undefined;
  readonly providers: readonly (Provider | undefined)[];
  readonly precedence: readonly (string | undefined)[];
  readonly idJag: readonly (Policy['idJag'][number] | undefined)[];
};

/** Names that the document defines, even where their definition is wrong: one mistake is to be reported once. */
export interface Names {
  readonly roles: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly providers: ReadonlySet<string>;
  readonly clients: ReadonlySet<string>;
  readonly agents: ReadonlySet<string>;
  readonly relations: ReadonlySet<string>;
}

type Raw = Readonly<Record<string, unknown>>;

export function draftOf(raw: unknown): Draft {
  const document = asRecord(raw);
  const entries = Object.entries(policySchema.shape).map(([key, schema]) => [key, salvage(schema, document[key])]);
  return Object.fromEntries(entries) as Draft;
}

function salvage(schema: z.core.$ZodType, value: unknown): unknown {
  const whole = z.safeParse(schema, value);
  if (whole.success) return whole.data;
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) {
    const parsed = Object.entries(asRecord(value)).map(
      ([key, entry]) => [key, z.safeParse(inner.valueType, entry)] as const,
    );
    return Object.fromEntries(parsed.flatMap(([key, { success, data }]) => (success ? [[key, data]] : [])));
  }
  if (inner instanceof z.ZodArray) return asList(value).map((entry) => z.safeParse(inner.element, entry).data);
  return z.safeParse(schema, undefined).data;
}

export function namesOf(raw: unknown): Names {
  const document = asRecord(raw);
  const keys = (section: string) => new Set(Object.keys(asRecord(document[section])));
  const roles = keys('roles');
  const humans = asRecord(asRecord(document['workspace'])['humans']);
  return {
    roles,
    groups: new Set([
      ...roles,
      ...Object.values(asRecord(document['roles'])).flatMap((role) => strings(asRecord(role)['groups'])),
      ...Object.values(humans).flatMap(strings),
    ]),
    providers: new Set(asList(document['providers']).flatMap((provider) => strings([asRecord(provider)['id']]))),
    clients: keys('clients'),
    agents: keys('agents'),
    relations: keys('data'),
  };
}

const asRecord = (value: unknown): Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {};

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const strings = (value: unknown): string[] => asList(value).filter((entry) => typeof entry === 'string');
