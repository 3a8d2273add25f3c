import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { exposedColumns } from './exposed-columns.ts';
import { own } from './own.ts';
import { type Policy, policySchema } from './schema.ts';
import { childSchema, isSet } from './schema-tree.ts';

/** Identifies what a policy says: comments, layout, the order of keys and of sets, and spelt-out defaults change nothing. */
export function policyDigest(policy: Policy): string {
  return sha256(canonical(policy, policySchema));
}

/** Identifies what the data engine enforces of it. */
export function engineDigest(policy: Policy): string {
  const { data, roles, connections, tools, workspace } = policy;
  const columns = Object.fromEntries(Object.keys(data).map((relation) => [relation, exposedColumns(policy, relation)]));
  const sections = { data, roles, connections, tools, ...(workspace && { workspace: { humans: workspace.humans } }) };
  return sha256(`${canonical(sections, policySchema)}${canonical(columns, undefined)}`);
}

/** One section of a policy, as the digest sees it. */
export function canonicalSection(policy: Policy, section: string): string {
  return canonical(own(policy as Record<string, unknown>, section), childSchema(policySchema, section));
}

function canonical(value: unknown, schema: z.core.$ZodType | undefined): string {
  const child = (key: string | number) => (schema === undefined ? undefined : childSchema(schema, key));
  if (Array.isArray(value)) {
    const entries = value.map((entry, index) => canonical(entry, child(index)));
    return `[${(schema !== undefined && isSet(schema) ? [...new Set(entries)].toSorted() : entries).join(',')}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry, child(key))}`);
  return `{${entries.join(',')}}`;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
