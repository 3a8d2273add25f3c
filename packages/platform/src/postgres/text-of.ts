import { AppError } from '@causeway/core';
import type { SqlValue } from '../platform.ts';

/** A value as the text that Postgres reads for any type. */
export function textOf(value: SqlValue): string | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isFinite(value)) throw new AppError('internal', 'a number is not finite');
  return String(value);
}
