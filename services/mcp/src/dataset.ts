import { AppError } from '@causeway/core';
import type { Policy } from '@causeway/policy';
import { escapeIdentifier } from 'pg';

/** A relation under the names that the tools use. Text is made once for each shape of a question, never for a call. */
export class Dataset {
  /** The relation, quoted. */
  readonly from: string;
  readonly relation: string;
  readonly #columns: Policy['datasets'][string]['columns'];
  readonly #texts = new Map<string, string>();

  constructor({ relation, columns }: Policy['datasets'][string]) {
    this.relation = relation;
    this.from = relation
      .split('.')
      .map((part) => escapeIdentifier(part))
      .join('.');
    this.#columns = columns;
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#columns, field);
  }

  /** The column behind a field, quoted. */
  column(field: string): string {
    const column = this.has(field) ? this.#columns[field] : undefined;
    if (column === undefined) throw new AppError('internal', `the dataset of ${this.relation} has no field ${field}`);
    return escapeIdentifier(column);
  }

  /** `column AS field` for each. */
  select(fields: readonly string[]): string {
    return fields.map((field) => `${this.column(field)} AS ${escapeIdentifier(field)}`).join(', ');
  }

  /** The fields whose columns are among these. */
  fieldsOf(columns: readonly string[]): string[] {
    return Object.entries(this.#columns).flatMap(([field, column]) => (columns.includes(column) ? [field] : []));
  }

  /** Shapes come from a closed list: which optional arguments there are, not what they hold. */
  text(shape: string, make: () => string): string {
    let text = this.#texts.get(shape);
    if (text === undefined) this.#texts.set(shape, (text = make()));
    return text;
  }
}
