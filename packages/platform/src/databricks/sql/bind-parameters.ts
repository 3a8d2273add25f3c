import { AppError } from '@causeway/core';
import type { SqlValue } from '../../platform.ts';

/** A value as the API takes it: text, and the type that it is of. Without a value it is NULL. */
export interface BoundParameter {
  readonly name: string;
  readonly value?: string;
  readonly type: string;
}

/** What a `$1` inside of does not mean a parameter: strings, quoted names, comments. */
const PARTS =
  /'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"\\]|""|\\[\s\S])*"|`(?:[^`]|``)*`|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\d{1,3})\b/g;

/** `$1` becomes `:p1`: named markers are the only ones that the API has. */
export function markParameters(text: string): string {
  return text.replaceAll(PARTS, (part: string, number: string | undefined) =>
    number === undefined ? part : `:p${number}`,
  );
}

export function bindParameters(values: readonly SqlValue[]): BoundParameter[] {
  return values.map((value, index) => ({ name: `p${index + 1}`, ...typed(value) }));
}

const INT_MAX = 2 ** 31 - 1;

function typed(value: SqlValue): Omit<BoundParameter, 'name'> {
  if (value === null) return { type: 'STRING' };
  if (typeof value === 'string') return { type: 'STRING', value: checkedText(value) };
  if (typeof value === 'boolean') return { type: 'BOOLEAN', value: String(value) };
  if (!Number.isFinite(value)) throw new AppError('internal', 'a number is not finite');
  if (!Number.isSafeInteger(value)) return { type: 'DOUBLE', value: String(value) };
  return { type: Math.abs(value) <= INT_MAX ? 'INT' : 'BIGINT', value: String(value) };
}

/** Text that no other system behind this port could hold either. */
function checkedText(text: string): string {
  if (!text.includes('\0') && text.isWellFormed()) return text;
  throw new AppError('invalid_request', 'a value holds a NUL or half of a surrogate pair');
}
