/** SQL on a warehouse that is reached by single statements over HTTP: no session, no transaction, text in and out. */
export interface SqlStatements {
  /** Fails with `invalid_request` when it is the values that can never be stored. */
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
