import { resolve } from 'node:path';
import { z } from 'zod';
import { BELOW_CAUSEWAY, isBelowCauseway } from './read-secret-file.ts';
import type { About, Variable } from './variable.ts';

/** A file or folder; relative ones count from the working directory. */
export function path(name: string, about: About): Variable<string> {
  return {
    name,
    ...about,
    expects: 'a path',
    schema: z
      .string()
      .refine((text) => !text.includes('\0'))
      .transform((text) => resolve(text)),
    required: true,
  };
}

/** A file or folder that holds keys of this deployment's own: in production not those of the embedded stack. */
export function keyPath(name: string, about: About): Variable<string> {
  return {
    ...path(name, about),
    refuse: (value, { deployment }) =>
      deployment === 'production' && isBelowCauseway(value) ? BELOW_CAUSEWAY : undefined,
  };
}
