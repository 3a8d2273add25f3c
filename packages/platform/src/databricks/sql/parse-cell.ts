/** How the text of a column of this type becomes a JSON value. What JSON cannot carry exactly, or is no text of the type, stays text. */
export function cellParser(typeName: string): (text: string) => unknown {
  return PARSERS[typeName.toUpperCase()] ?? asText;
}

const asText = (text: string): unknown => text;

const asBoolean = (text: string): unknown => {
  const word = text.toLowerCase();
  return word === 'true' || word === 'false' ? word === 'true' : text;
};

const asInteger = (text: string): unknown => {
  const value = Number(text);
  return /^-?\d+$/.test(text) && Number.isSafeInteger(value) ? value : text;
};

/** A double holds 15 decimal digits exactly; a longer number would come out changed. */
const asDecimal = (text: string): unknown =>
  /^-?\d+(?:\.\d+)?$/.test(text) && text.replace(/^-?0*\.?0*|\./g, '').length <= 15 ? Number(text) : text;

const asFloat = (text: string): unknown => {
  const value = Number(text);
  return /^-?\d[\d.]*(?:e[+-]?\d+)?$/i.test(text) && Number.isFinite(value) ? value : text;
};

/** `2026-01-31 10:00:00` was seen beside ISO 8601. */
const asTimestamp = (text: string): unknown => text.replace(/^(\d{4}-\d\d-\d\d) /, '$1T');

/** Arrays, maps, structs and variants come as JSON. */
const asJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

const PARSERS: Readonly<Record<string, ((text: string) => unknown) | undefined>> = {
  BOOLEAN: asBoolean,
  BYTE: asInteger,
  SHORT: asInteger,
  INT: asInteger,
  LONG: asInteger,
  FLOAT: asFloat,
  DOUBLE: asFloat,
  DECIMAL: asDecimal,
  TIMESTAMP: asTimestamp,
  ARRAY: asJson,
  MAP: asJson,
  STRUCT: asJson,
  VARIANT: asJson,
};
