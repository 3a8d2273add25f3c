import pg from 'pg';

export type ParseValue = (text: string) => unknown;

/** How the text of a column of this type becomes a JSON value. What JSON cannot carry exactly stays text. */
export function parserOf(typeId: number): ParseValue {
  return PARSERS.get(typeId) ?? asText;
}

const asText: ParseValue = (text) => text;
const asInteger: ParseValue = (text) => {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
};

/** A double holds 15 decimal digits exactly; a longer number would come out changed. */
const asDecimal: ParseValue = (text) =>
  /^-?\d+(?:\.\d+)?$/.test(text) && text.replace(/^-?0*\.?0*|\./g, '').length <= 15 ? Number(text) : text;

const asFloat: ParseValue = (text) => {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
};

/** The session's DateStyle is ISO and its zone UTC, so only the shape is left to change. */
const asTimestamp: ParseValue = (text) => text.replace(' ', 'T').replace(/\+00$/, 'Z');

const {
  BOOL,
  INT2,
  INT4,
  INT8,
  OID,
  NUMERIC,
  FLOAT4,
  FLOAT8,
  TIMESTAMP,
  TIMESTAMPTZ,
  JSON: PLAIN_JSON,
  JSONB,
} = pg.types.builtins;
/** `text[]`, `varchar[]`, `name[]`. The driver has no names for array types. */
const TEXT_ARRAYS = [1009, 1015, 1003];
const arrayParser = pg.types.getTypeParser as (typeId: number) => ParseValue;

const PARSERS = new Map<number, ParseValue>([
  [BOOL, (text) => text === 't'],
  ...[INT2, INT4, INT8, OID].map((id) => [id, asInteger] as const),
  ...[FLOAT4, FLOAT8].map((id) => [id, asFloat] as const),
  [NUMERIC, asDecimal],
  ...[TIMESTAMP, TIMESTAMPTZ].map((id) => [id, asTimestamp] as const),
  ...[PLAIN_JSON, JSONB].map((id) => [id, (text: string): unknown => JSON.parse(text)] as const),
  ...TEXT_ARRAYS.map((id) => [id, arrayParser(id)] as const),
]);
