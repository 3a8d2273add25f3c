import { z } from 'zod';
import { badParameter } from '../http/answer.ts';

/** A value of the request: text or null, and the type that it must be. */
export const parameter = z.object({
  name: z.string().regex(/^[A-Za-z_]\w*$/),
  value: z.string().nullish(),
  type: z.string().nullish(),
});

export type Parameter = z.infer<typeof parameter>;

const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const SHAPES: Readonly<Record<string, RegExp>> = {
  STRING: /^[\s\S]*$/,
  BOOLEAN: /^(?:true|false)$/i,
  BYTE: INTEGER,
  TINYINT: INTEGER,
  SHORT: INTEGER,
  SMALLINT: INTEGER,
  INT: INTEGER,
  LONG: INTEGER,
  BIGINT: INTEGER,
  DECIMAL: NUMBER,
  FLOAT: NUMBER,
  DOUBLE: NUMBER,
  DATE: /^\d{4}-\d\d-\d\d$/,
  TIMESTAMP: /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d/,
};

/** Values by name, each of the shape of its type. A missing value is NULL, a missing type is STRING. */
export function valuesOf(parameters: readonly Parameter[]): ReadonlyMap<string, string | null> {
  return new Map(
    parameters.map(({ name, value, type }) => {
      const base = (type ?? 'STRING').toUpperCase().replace(/\(.*\)$/, '');
      const shape = SHAPES[base];
      if (shape === undefined) throw badParameter(`Parameter ${name}: the type ${base} is not supported.`);
      if (value != null && !shape.test(value)) throw badParameter(`Parameter ${name} is no ${base}.`);
      return [name, value ?? null];
    }),
  );
}
