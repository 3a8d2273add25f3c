/** SQL on a warehouse that is reached by single statements over HTTP: no session, no transaction, text in and out. */
export interface SqlStatements {
  run(statement: WarehouseStatement): Promise<readonly WarehouseRow[]>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface WarehouseStatement {
  readonly name: string;
  /** With markers such as `:chain`. */
  readonly text: string;
  readonly values: Readonly<Record<string, string | number>>;
}

export type WarehouseRow = Readonly<Record<string, string | null>>;

/** The warehouse ran the statement and says that it cannot be. `sqlState` is the standard's code of the reason. */
export class RefusedStatement extends Error {
  override readonly name = 'RefusedStatement';
  readonly sqlState: string;

  constructor(message: string, sqlState: string, options?: ErrorOptions) {
    super(message, options);
    this.sqlState = sqlState;
  }
}
