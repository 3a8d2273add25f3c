import type { SqlValue } from '../../platform.ts';

/** The text of a cell as a JSON value, by the type that the manifest names. What JSON cannot carry exactly stays text. */
export function cellValue(text: string | null, type: string | null | undefined): SqlValue {
  if (text === null) return null;
  return PARSERS.get(type ?? '')?.(text) ?? text;
}

const asInteger = (text: string) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);
const asDouble = (text: string) => (Number.isFinite(Number(text)) ? Number(text) : text);
/** A double holds 15 decimal digits exactly. */
const asDecimal = (text: string) =>
  /^-?\d+(?:\.\d+)?$/.test(text) && text.replace(/^-?0*\.?0*|\./g, '').length <= 15 ? Number(text) : text;

const PARSERS = new Map<string, (text: string) => SqlValue>([
  ['BOOLEAN', (text) => text === 'true'],
  ...['BYTE', 'SHORT', 'INT', 'LONG'].map((type) => [type, asInteger] as const),
  ...['FLOAT', 'DOUBLE'].map((type) => [type, asDouble] as const),
  ['DECIMAL', asDecimal],
]);
