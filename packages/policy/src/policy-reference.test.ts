import { expect, test } from 'vitest';
import { z } from 'zod';
import { policyReference } from './policy-reference.ts';
import { policySchema } from './schema.ts';
import { isSet, unwrap } from './schema-tree.ts';

/** Every setting of the grammar, with its path. */
function* settings(schema: z.core.$ZodType, path: string): Generator<[string, z.core.$ZodType]> {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) yield* settings(inner.valueType, `${path}.*`);
  if (inner instanceof z.ZodArray) yield* settings(inner.element, `${path}[]`);
  if (!(inner instanceof z.ZodObject)) return;
  for (const [key, child] of Object.entries<z.core.$ZodType>(inner.shape)) {
    yield [`${path}.${key}`, child];
    yield* settings(child, `${path}.${key}`);
  }
}

test('every setting is on the page, with a description', () => {
  const page = policyReference();
  for (const [path] of settings(policySchema, '')) {
    const key = path.slice(path.lastIndexOf('.') + 1);
    const rows = page.split('\n').filter((line) => line.startsWith(`| \`${key}\` |`));
    expect({ path, count: rows.length > 0, bare: rows.filter((row) => row.endsWith('|  |')) }).toEqual({
      path,
      count: true,
      bare: [],
    });
  }
});

// A list is a set unless it is named here: a new ordered list that is not marked would lose its order in the digest.
test('these lists are ordered, and all others are sets', () => {
  const lists = [...settings(policySchema, '')].filter(([, schema]) => unwrap(schema) instanceof z.ZodArray);
  expect(lists.filter(([, schema]) => !isSet(schema)).map(([path]) => path)).toEqual([
    '.providers',
    '.precedence',
    '.data.*.columns',
  ]);
});

test('the page tells kinds, bounds and defaults', () => {
  const page = policyReference();
  expect(page).toContain('| `genieSharePerCaller` | number, 0.01 to 1 | `0.5` |');
  expect(page).toContain('| `kind` | `auth0`, `okta`, `entra`, `oidc` | **required** |');
  expect(page).toContain('## `data.<name>.masks.<name>`');
});
