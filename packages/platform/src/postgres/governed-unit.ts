import type pg from 'pg';
import { serialize } from 'pg-protocol';
import { parserOf } from './parse-value.ts';
import type { Column, PreparedNames } from './prepared-names.ts';

export interface UnitRequest {
  readonly role: string;
  readonly timeoutMs: number;
  /** Who asks, for the server's log and for functions: one value per name of `ATTRIBUTION`, in that order. */
  readonly attribution: readonly string[];
  /** The statement, prepared under a name that belongs to this role alone. */
  readonly statement: {
    readonly preparedName: string;
    readonly text: string;
    readonly values: readonly (string | null)[];
  };
  readonly rowsMax: number;
  readonly charactersMax: number;
}

export type UnitResult =
  { readonly kind: 'rows'; readonly rows: Record<string, unknown>[] } | { readonly kind: 'too_large' };

/** The steps, in the order in which they are sent and answered. */
const STEPS = ['begin', 'setup', 'query', 'rollback', 'done'] as const;

const ATTRIBUTION = ['application_name', 'causeway.human_email', 'causeway.caller'] as const;

/** All values are bound. `current_user` is asked after the role was set, so that it tells whom the statement runs as. */
const SETUP = `SELECT pg_catalog.set_config('role', $1, true), pg_catalog.set_config('statement_timeout', $2, true), ${ATTRIBUTION.map(
  (name, index) => `pg_catalog.set_config('${name}', $${index + 3}, true)`,
).join(', ')}, current_user::text`;
const CURRENT_USER = ATTRIBUTION.length + 2;

/** What every unit begins and ends with: prepared once per connection, by running it once as the login. */
export async function prepareFrame(client: pg.ClientBase): Promise<void> {
  await client.query({ name: 'causeway_begin', text: 'BEGIN READ ONLY' });
  await client.query({ name: 'causeway_setup', text: SETUP, values: ['none', '0', ...ATTRIBUTION.map(() => '')] });
  await client.query({ name: 'causeway_rollback', text: 'ROLLBACK' });
}

interface RowDescription {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
}

/**
 * The governed unit of work: a read-only transaction that takes the role, runs one statement and rolls back, sent whole with ONE Sync.
 * The server skips everything after a failed step, so the statement cannot run as the login; a Sync per step would let it.
 * It speaks pg's submittable interface, as pg-cursor does.
 */
export class GovernedUnit {
  readonly settled: Promise<UnitResult>;
  readonly #request: UnitRequest;
  readonly #names: PreparedNames;
  readonly #rows: Record<string, unknown>[] = [];
  #resolve: (result: UnitResult) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #columns: readonly Column[] | undefined;
  #step = 0;
  #characters = 0;
  #confirmed = false;
  #tooLarge = false;
  #fault: string | undefined;

  constructor(names: PreparedNames, request: UnitRequest) {
    this.#names = names;
    this.#request = request;
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Everything in one write: each small one of its own costs a system call's worth of time. */
  submit(connection: pg.Connection): null {
    const { role, timeoutMs, attribution, statement, rowsMax } = this.#request;
    const { columns, evicted } = this.#names.use(statement.preparedName);
    this.#columns = columns;
    const messages = [
      BEGIN,
      serialize.bind({ statement: 'causeway_setup', values: [role, String(timeoutMs), ...attribution] }),
      EXECUTE,
      // After the role was taken: the schema's USAGE is checked when a statement is parsed, and never again.
      ...(columns === undefined ? [parseAnew(statement)] : []),
      serialize.bind({ statement: statement.preparedName, values: [...statement.values] }),
      ...(columns === undefined ? [DESCRIBE] : []),
      // One row more than allowed and no further: the rest stays on the server and is rolled back.
      serialize.execute({ rows: rowsMax + 1 }),
      ROLLBACK,
      SYNC,
    ];
    if (evicted !== undefined) messages.unshift(close(evicted));
    connection.stream.write(Buffer.concat(messages));
    return null;
  }

  handleRowDescription({ fields }: RowDescription): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({ name, parse: parserOf(dataTypeID) }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.#step === SETUP_STEP) this.#confirmed = fields[CURRENT_USER] === this.#request.role;
    else if (this.#step === QUERY && this.#confirmed) this.#keep(fields);
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    const expected = COMMAND_TAGS[this.#step];
    if (expected === undefined || !text.startsWith(expected)) this.#fault ??= `unexpected ${text}`;
    this.#step++;
  }

  /** The row after the last allowed one was reached. */
  handlePortalSuspended(): void {
    this.#tooLarge = true;
    this.#step++;
  }

  handleEmptyQuery(): void {
    this.#fault ??= 'an empty statement';
    this.#step++;
  }

  handleCopyInResponse({ stream }: pg.Connection): void {
    stream.write(serialize.copyFail('not supported'));
  }

  handleCopyData(): void {
    this.#fault ??= 'copied data';
  }

  /** The server skips to our Sync. What was parsed before the failure is not known, so it is parsed anew next time. */
  handleError(error: Error): void {
    this.#names.doubt(this.#request.statement.preparedName);
    this.#reject(new FailedStep(this.#stepName, error.message, error));
  }

  /** Rows are believed only when every step was answered and the engine itself said whom they were read as. */
  handleReadyForQuery(): void {
    if (this.#fault !== undefined || !this.#confirmed || this.#step !== STEPS.indexOf('done')) {
      const fault = this.#fault ?? (this.#confirmed ? 'ended early' : 'the role was not confirmed');
      this.#reject(new FailedStep(this.#stepName, fault));
      return;
    }
    this.#names.confirm(this.#request.statement.preparedName, this.#columns ?? NO_COLUMNS);
    this.#resolve(this.#tooLarge ? { kind: 'too_large' } : { kind: 'rows', rows: this.#rows });
  }

  get #stepName(): string {
    return STEPS[this.#step] ?? 'done';
  }

  #keep(fields: readonly (string | null)[]): void {
    for (const field of fields) this.#characters += field?.length ?? 0;
    if (this.#characters > this.#request.charactersMax) this.#tooLarge = true;
    if (this.#tooLarge) this.#rows.length = 0;
    else this.#rows.push(rowOf(fields, this.#columns ?? NO_COLUMNS));
  }
}

// Run for every row of every answer: indexes, because iterators cost a third more here.
function rowOf(fields: readonly (string | null)[], columns: readonly Column[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index];
    const text = fields[index] ?? null;
    if (column !== undefined) row[column.name] = text === null ? null : column.parse(text);
  }
  return row;
}

/** Closing a name that the server does not know is no error; parsing one that it knows is. */
function parseAnew({ preparedName, text }: UnitRequest['statement']): Buffer {
  return Buffer.concat([close(preparedName), serialize.parse({ name: preparedName, text })]);
}

const close = (name: string) => serialize.close({ type: 'S', name });

const EXECUTE = serialize.execute();
const DESCRIBE = serialize.describe({ type: 'P' });
const BEGIN = Buffer.concat([serialize.bind({ statement: 'causeway_begin' }), EXECUTE]);
const ROLLBACK = Buffer.concat([serialize.bind({ statement: 'causeway_rollback' }), EXECUTE]);
const SYNC = serialize.sync();

/** The unit failed in this step: by what the engine or the socket said (`cause`), or by going another way than it was written. */
export class FailedStep extends Error {
  override readonly name = 'FailedStep';
  readonly step: string;

  constructor(step: string, message: string, cause?: Error) {
    super(message, { cause });
    this.step = step;
  }
}

const SETUP_STEP = STEPS.indexOf('setup');
const QUERY = STEPS.indexOf('query');
const COMMAND_TAGS = ['BEGIN', 'SELECT', 'SELECT', 'ROLLBACK'];
const NO_COLUMNS: readonly Column[] = [];
