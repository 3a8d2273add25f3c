import { z } from 'zod';

/** A text of a document: where the table has none, there is nothing to read. */
export const writtenText = z
  .string()
  .nullable()
  .transform((text) => text ?? '');
