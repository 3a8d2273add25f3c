import { AppError, type Caller } from '@causeway/core';
import { ATTRIBUTE, Deadline, SPAN, withSpan } from '@causeway/runtime';
import type { QueryOptions, RequestContext, Statement } from '../../platform.ts';
import { checkedRow } from '../../checked-row.ts';
import { bindParameters, markParameters } from './bind-parameters.ts';
import { cellParser } from './parse-cell.ts';
import { queryTags } from './query-tags.ts';
import type { StatementResult, StatementRunner } from './statement-runner.ts';

export interface SqlLimits {
  readonly timeoutMs: number;
  readonly rowsMax: number;
  readonly bytesMax: number;
}

export interface CallerSqlOptions {
  readonly runner: StatementRunner;
  readonly caller: Caller;
  readonly request: RequestContext;
  readonly limits: SqlLimits;
}

export interface CallerQueryOptions extends QueryOptions {
  /** False for a statement that does something elsewhere, such as `http_request()`. */
  readonly repeatable?: boolean;
}

/** Curated statements, as one caller. */
export class CallerSql {
  readonly #options: CallerSqlOptions;

  constructor(options: CallerSqlOptions) {
    this.#options = options;
  }

  async query<Row>(statement: Statement<Row>, options: CallerQueryOptions = {}): Promise<Row[]> {
    const { runner, caller, request, limits } = this.#options;
    const { timeoutMs = limits.timeoutMs, rowsMax = limits.rowsMax, repeatable = true, signal, onStatement } = options;
    onStatement?.(statement.text);
    using deadline = new Deadline({ name: `statement ${statement.name}`, ms: timeoutMs, caller: signal });
    const asked = {
      name: statement.name,
      text: markParameters(statement.text),
      parameters: bindParameters(statement.values),
      tags: queryTags(caller, request),
      // One more than allowed tells whether there are more.
      rowLimit: rowsMax + 1,
      byteLimit: limits.bytesMax,
      signal: deadline.signal,
      repeatable,
    };
    const result = await withSpan(SPAN.sql, { [ATTRIBUTE.statement]: statement.name }, () => runner.run(asked));
    if (result.rows.length > rowsMax || result.truncated) throw tooLarge(statement, rowsMax);
    return rowsOf(result).map((row) => checkedRow(statement, row));
  }
}

function rowsOf({ columns, rows }: StatementResult): Record<string, unknown>[] {
  const read = columns.map(({ name, type_name: type }) => ({ name, parse: cellParser(type) }));
  return rows.map((cells) =>
    Object.fromEntries(
      read.map(({ name, parse }, index) => {
        const cell = cells[index] ?? null;
        return [name, cell === null ? null : parse(cell)];
      }),
    ),
  );
}

function tooLarge({ name }: Statement<unknown>, rowsMax: number): AppError {
  const safeDetail = `The answer has more than ${rowsMax} rows, or is too large. Ask for less.`;
  return new AppError('upstream_rejected', `statement ${name}: over ${rowsMax} rows, or cut by the warehouse`, {
    safeDetail,
  });
}
