import type { Caller } from '@causeway/core';
import { type Analyst, maskedFor, type Platform, type SqlValue, type Statement } from '@causeway/platform';
import type { Principal } from '../oauth/principal.ts';
import type { Engine } from '../sql/engine.ts';
import type { ResultTable } from '../sql/result-types.ts';
import { roleOf } from '../sql/warehouse.ts';
import { settingsOf } from '../sql/attribution.ts';
import type { Workspace } from '../workspace.ts';

export interface AnalystWorkDeps {
  readonly workspace: Workspace;
  /** The governed Postgres, asked through the same port that the services use. */
  readonly platform: Platform;
  readonly analyst: Analyst;
  readonly engine: Engine;
}

/** What an answer of the analyst is made of; `run` gives all of its rows. */
export interface AnalystReply {
  readonly kind: 'answer' | 'clarification';
  readonly text: string;
  readonly plan: unknown;
  readonly sql?: string;
  readonly run?: (signal: AbortSignal) => Promise<ResultTable>;
}

/** "5,000 rows per query result via the API" (the Genie documentation). */
const ROWS_MAX = 5000;

/** Answers a question with the Postgres analyst, as the caller, and keeps the statement so that it can be run for all its rows. */
export async function askAnalyst(
  deps: AnalystWorkDeps,
  principal: Principal,
  question: { readonly text: string; readonly plan?: unknown; readonly isInNoGroup?: boolean },
): Promise<AnalystReply> {
  const { workspace, platform, analyst } = deps;
  const caller = callerOf(principal);
  const session = await platform.open(caller, { requestId: 'genie' });
  const asked: { statement?: Statement<unknown> } = {};
  const answer = await analyst.ask(
    {
      query: (statement, options) => {
        if (statement.name === 'analyst.answer') asked.statement = statement;
        return session.query(statement, options);
      },
      masked: (relation) => maskedFor(caller, workspace.policy, relation),
    },
    question,
  );
  const { text, plan, columns, totalRows, sql } = answer;
  const { statement } = asked;
  if (answer.status === 'clarification' || statement === undefined || sql === undefined) {
    return { kind: 'clarification', text, plan };
  }
  const values = [...statement.values.slice(0, -1), Math.min(Math.max(totalRows, 1), ROWS_MAX)];
  const unit = { role: roleOf(principal), text: statement.text, values: values.map(textOf) };
  const settings = settingsOf(principal.name, new Map());
  const sqlShown = shown(statement.text, values);
  // Seen on workspaces (docs/databricks.md): Genie is in no group of the person's, so no row passes the filters, and nobody is told why.
  if (question.isInNoGroup === true) {
    return { kind: 'answer', text: 'No rows.', plan, sql: sqlShown, run: async () => nothing(columns) };
  }
  return {
    kind: 'answer',
    text,
    plan,
    sql: sqlShown,
    run: async (signal) => only(await deps.engine.run({ ...unit, settings }, signal), columns),
  };
}

export function callerOf({ caller, name }: Principal): Caller {
  if (caller === undefined) throw new Error(`${name} is nobody of the governed engine`);
  return caller;
}

const textOf = (value: SqlValue) => (value === null ? null : String(value));

/** Genie shows its statements whole. */
function shown(text: string, values: readonly SqlValue[]): string {
  return text.replaceAll(/\$(\d+)/g, (_, index: string) => {
    const value = values[Number(index) - 1] ?? null;
    return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
  });
}

const nothing = (columns: readonly string[]): ResultTable => ({
  columns: columns.map((name, position) => ({ name, type_name: 'STRING', type_text: 'STRING', position })),
  rows: [],
});

/** The columns that were asked for, without what the analyst counts for itself. */
function only(table: ResultTable, columns: readonly string[]): ResultTable {
  const kept = columns.map((name) => table.columns.findIndex((column) => column.name === name));
  return {
    columns: kept.flatMap((from, position) => {
      const column = table.columns[from];
      return column === undefined ? [] : [{ ...column, position }];
    }),
    rows: table.rows.map((row) => kept.map((from) => row[from] ?? null)),
  };
}
