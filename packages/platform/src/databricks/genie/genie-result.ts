import { AppError } from '@causeway/core';
import { z } from 'zod';
import type { SqlValue } from '../../platform.ts';
import { deniedByUnityCatalog } from '../http/unity-catalog-denial.ts';
import { cellParser } from '../sql/parse-cell.ts';
import { statementAnswer } from '../sql/statement-answer.ts';
import type { GenieQuery } from './genie-message.ts';

/** The rows of an answer, cut to what the port takes. */
export interface GenieTable {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, SqlValue>>[];
  readonly totalRows: number;
  readonly truncated: boolean;
}

const ROWS_MAX = 50;

/** A statement as the API of statements says it; Genie does not always name it. */
export const queryResult = z.object({
  statement_response: statementAnswer.extend({ statement_id: z.string().nullish() }),
});

export type GenieStatement = z.output<typeof queryResult>['statement_response'];

/** Undefined while the statement still runs. */
export function tableOf(statement: GenieStatement, query: GenieQuery): GenieTable | undefined {
  const { state } = statement.status;
  if (state === 'PENDING' || state === 'RUNNING') return undefined;
  if (state !== 'SUCCEEDED') throw statementFailure(statement);
  const types = statement.manifest?.schema.columns ?? [];
  const columns = uniqueNames(types.map(({ name }) => name));
  const found = statement.result?.data_array ?? [];
  // A cell that is not there would read as NULL, which is what a mask shows.
  if (found.some((cells) => cells.length !== columns.length)) {
    throw new AppError('upstream_rejected', 'Genie: a row has other columns than it says');
  }
  const rows = found
    .slice(0, ROWS_MAX)
    .map((cells) =>
      Object.fromEntries(columns.map((name, at) => [name, cellOf(cells[at] ?? null, types[at]?.type_name)])),
    );
  return { columns, rows, ...countOf(statement, query, found.length) };
}

/** The engine and Genie each count, and each may cut. The API gives 5,000 rows of one result at most, so a total of that many is a lower bound. */
function countOf({ manifest }: GenieStatement, { query_result_metadata: metadata }: GenieQuery, found: number) {
  const totalRows = Math.max(manifest?.total_row_count ?? 0, metadata?.row_count ?? 0, found);
  const isCut = manifest?.truncated === true || metadata?.is_truncated === true;
  return { totalRows, truncated: isCut || totalRows > ROWS_MAX };
}

/** Arrays and structs stay text: a cell of an answer is one value. */
function cellOf(text: string | null, type: string | null | undefined): SqlValue {
  if (text === null) return null;
  const value = cellParser(type ?? '')(text);
  return typeof value === 'number' || typeof value === 'boolean' ? value : typeof value === 'string' ? value : text;
}

/** Two columns of one name would be one field of a row. */
function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let n = 2; taken.has(free); n++) free = `${name}_${n}`;
    taken.add(free);
    return free;
  });
}

/** The engine's message quotes names and values: its code and state are enough. */
function statementFailure({ status }: GenieStatement): AppError {
  const { state, error, sql_state: sqlState } = status;
  const code = `${error?.error_code ?? 'no code'}, ${sqlState ?? 'no SQLSTATE'}`.replaceAll(/[^\w ,]/g, '?');
  if (sqlState === '42501' || deniedByUnityCatalog(error?.message ?? '')) {
    return new AppError('access_denied', `the statement of Genie was denied (${code})`);
  }
  return new AppError('upstream_rejected', `the statement of Genie ended as ${state.slice(0, 20)} (${code})`);
}
