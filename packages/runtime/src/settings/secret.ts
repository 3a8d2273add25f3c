import { Secret } from '@causeway/core';
import { z } from 'zod';
import type { About, Variable } from './variable.ts';

export const PLAIN_SECRET = 'holds a secret: in production put it into a file and name that in the variable with _FILE';

/** A secret: NAME, or NAME_FILE with the path of a file that holds it. Production takes the file only. */
export function secret(name: string, about: About): Variable<Secret> {
  return {
    name,
    ...about,
    expects: 'a secret',
    schema: z.string().transform((text) => new Secret(text)),
    required: true,
    isSecret: true,
    refuse: (_, { deployment, source }) =>
      deployment === 'production' && source !== 'file' ? PLAIN_SECRET : undefined,
  };
}
