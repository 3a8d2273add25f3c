import { AppError } from '@causeway/core';
import type { SqlDialect } from '@causeway/platform';
import type { Policy } from '@causeway/policy';

/** A relation under the names that the tools use. Text is made once for each shape of a question, never for a call. */
export class Dataset {
  /** The relation, quoted. */
  readonly from: string;
  readonly relation: string;
  readonly definition: Policy['datasets'][string];
  readonly #dialect: SqlDialect;
  readonly #texts = new Map<string, string>();

  constructor(definition: Policy['datasets'][string], dialect: SqlDialect) {
    this.definition = definition;
    this.relation = definition.relation;
    this.from = dialect.relation(definition.relation);
    this.#dialect = dialect;
  }

  /** The column behind a field, quoted. */
  column(field: string): string {
    const { columns } = this.definition;
    const column = Object.hasOwn(columns, field) ? columns[field] : undefined;
    if (column === undefined) throw new AppError('internal', `the dataset of ${this.relation} has no field ${field}`);
    return this.#dialect.identifier(column);
  }

  /** `column AS field` for each. */
  select(fields: readonly string[]): string {
    return fields.map((field) => `${this.column(field)} AS ${this.#dialect.identifier(field)}`).join(', ');
  }

  /** The fields whose columns are among these. */
  fieldsOf(columns: readonly string[]): string[] {
    return Object.entries(this.definition.columns).flatMap(([field, column]) =>
      columns.includes(column) ? [field] : [],
    );
  }

  /** Shapes come from a closed list: which optional arguments there are, not what they hold. */
  text(shape: string, make: () => string): string {
    let text = this.#texts.get(shape);
    if (text === undefined) this.#texts.set(shape, (text = make()));
    return text;
  }
}
