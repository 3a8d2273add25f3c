import { z } from 'zod';

/**
 * A number of the data, for a field that is a JSON number. What that cannot hold exactly comes as text from the platform: then it is the
 * nearest one, which differs from the 16th digit on. What is no number (NaN), or beyond all that JSON holds, is refused.
 */
export const nearestNumber = z.union([
  z.number(),
  z
    .string()
    .regex(/^-?\d+(?:\.\d+)?$/)
    .transform(Number)
    .pipe(z.number()),
]);
