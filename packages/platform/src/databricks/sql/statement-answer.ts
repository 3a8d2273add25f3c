import { z } from 'zod';

const index = z.int().min(0);

const resultChunk = z.object({
  data_array: z.array(z.array(z.string().nullable())).nullish(),
  next_chunk_index: index.nullish(),
});

/** A part of a result. A result without rows has no `data_array`. */
export const chunkAnswer = resultChunk;
export type ResultChunk = z.output<typeof resultChunk>;

const columns = z
  .array(z.object({ name: z.string(), type_name: z.string().nullish() }))
  .nullish()
  .transform((found) => (found ?? []).map(({ name, type_name: type }) => ({ name, type_name: type ?? 'STRING' })));

/** What the Statement Execution API says of a statement, of which a state that is not known counts as running. */
export const statementAnswer = z.object({
  statement_id: z.string().min(1),
  status: z.object({
    state: z.string(),
    error: z.object({ error_code: z.string().nullish(), message: z.string().nullish() }).nullish(),
    sql_state: z.string().nullish(),
  }),
  manifest: z
    .object({
      schema: z
        .object({ columns })
        .nullish()
        .transform((schema) => schema ?? { columns: [] }),
      total_row_count: z.coerce.number().nullish(),
      truncated: z.boolean().nullish(),
    })
    .nullish(),
  result: resultChunk.nullish(),
});

export type StatementAnswer = z.output<typeof statementAnswer>;
