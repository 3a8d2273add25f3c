import { z } from 'zod';
import type { Statement } from '../../../platform.ts';
import type { ModelRelation } from '../model/semantic-model.ts';
import { BoundValues, qualified, quoted } from './sql-text.ts';

/** Where more values than this fit, a part of them would be a silent choice. */
export const LOOKUP_MAX = 500;

const row = z.object({ value: z.string() });

/** Values of a dimension that hold one of these words: those that the caller may see, and no others. */
export function lookupStatement(
  dimension: string,
  words: readonly string[],
  relation: ModelRelation,
): Statement<z.infer<typeof row>> {
  const entry = relation.dimensions[dimension];
  if (entry === undefined) throw new Error('the model has no such dimension');
  const bound = new BoundValues();
  const column = quoted(entry.column);
  const conditions = words.map((word) => `strpos(lower(${column}::text), ${bound.bind(word)}) > 0`);
  const text = `SELECT DISTINCT ${column}::text AS "value"\nFROM ${qualified(relation.relation)}\nWHERE ${conditions.join(' OR ')}\nORDER BY 1\nLIMIT ${bound.bind(LOOKUP_MAX)}::bigint`;
  return { name: 'analyst.lookup', text, values: bound.values, row };
}
