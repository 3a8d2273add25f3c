import { escapeIdentifier } from 'pg';
import type { SqlValue } from '../../../platform.ts';

/** Collects what is bound: a value becomes `$1`, `$2`… and is never part of the text. */
export class BoundValues {
  readonly #values: SqlValue[] = [];

  bind(value: SqlValue): string {
    this.#values.push(value);
    return `$${this.#values.length}`;
  }

  get values(): readonly SqlValue[] {
    return this.#values;
  }
}

export const quoted = (name: string): string => escapeIdentifier(name);
export const qualified = (relation: string): string => relation.split('.').map(quoted).join('.');
export const both = (conditions: readonly string[]): string => conditions.join(' AND ');
