import { z } from 'zod';
import { own } from './own.ts';
import type { PathSegment } from './problem.ts';

/** A schema without the wrappers that say what an absent value means. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional) {
    inner = inner.unwrap();
  }
  return inner;
}

/** The schema of one entry of a map, a list or a set of alternatives. */
export function childSchema(schema: z.core.$ZodType, segment: PathSegment): z.core.$ZodType | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return own(inner.shape as Record<string, z.core.$ZodType>, String(segment));
  if (inner instanceof z.ZodRecord) return inner.valueType;
  if (inner instanceof z.ZodArray) return inner.element;
  return undefined;
}

export function schemaAt(schema: z.core.$ZodType, path: readonly PathSegment[]): z.core.$ZodType | undefined {
  let inner: z.core.$ZodType | undefined = schema;
  for (const segment of path) inner = inner === undefined ? undefined : childSchema(inner, segment);
  return inner;
}

/** The keys that a schema knows by name. */
export function knownKeys(schema: z.core.$ZodType | undefined): readonly string[] {
  const inner = schema === undefined ? undefined : unwrap(schema);
  if (inner instanceof z.ZodObject) return Object.keys(inner.shape);
  if (inner instanceof z.ZodRecord && inner.keyType instanceof z.ZodEnum) return inner.keyType.options.map(String);
  return [];
}

/** What stands in a document where the grammar has a setting with this mark, so that no such setting is forgotten. */
export function* marked(
  value: unknown,
  schema: z.core.$ZodType,
  mark: 'file' | 'network',
): Generator<{ readonly path: readonly PathSegment[]; readonly value: unknown }> {
  if (value === undefined || value === null) return;
  if (z.globalRegistry.get(unwrap(schema))?.['mark'] === mark) yield { path: [], value };
  if (typeof value !== 'object') return;
  for (const [key, entry] of Object.entries(value)) {
    const segment = Array.isArray(value) ? Number(key) : key;
    const child = childSchema(schema, segment);
    if (child === undefined) continue;
    for (const found of marked(entry, child, mark)) yield { ...found, path: [segment, ...found.path] };
  }
}

/** Whether the order of a list means nothing. A union is a set when its list is one. */
export function isSet(schema: z.core.$ZodType): boolean {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodUnion) return inner.options.some(isSet);
  return inner instanceof z.ZodArray && inner.meta()?.['set'] === true;
}
