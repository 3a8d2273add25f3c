import type { ParseValue } from './parse-value.ts';

export interface Column {
  readonly name: string;
  readonly parse: ParseValue;
}

/**
 * Which statements one connection has prepared, and their columns; the least recently used one goes first, so that neither side grows.
 * A name counts as prepared only after the server has answered; until then it is closed and parsed anew.
 */
export class PreparedNames {
  readonly #max: number;
  readonly #columns = new Map<string, readonly Column[] | undefined>();

  constructor(max: number) {
    this.#max = max;
  }

  /** The columns of a statement that is surely prepared, and which other one must be closed to make room. */
  use(name: string): { columns: readonly Column[] | undefined; evicted: string | undefined } {
    const columns = this.#columns.get(name);
    this.#columns.delete(name);
    this.#columns.set(name, columns);
    return { columns, evicted: this.#columns.size > this.#max ? this.#dropOldest() : undefined };
  }

  confirm(name: string, columns: readonly Column[]): void {
    this.#columns.set(name, columns);
  }

  /** It stays in the map, so that the server's copy is closed before it is parsed again. */
  doubt(name: string): void {
    if (this.#columns.has(name)) this.#columns.set(name, undefined);
  }

  get size(): number {
    return this.#columns.size;
  }

  #dropOldest(): string | undefined {
    const oldest = this.#columns.keys().next().value;
    if (oldest !== undefined) this.#columns.delete(oldest);
    return oldest;
  }
}
