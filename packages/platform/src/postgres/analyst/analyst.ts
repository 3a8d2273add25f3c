import { AppError } from '@causeway/core';
import { z } from 'zod';
import type { Answer, PlatformSession, Question, QueryOptions, SqlValue, Statement } from '../../platform.ts';
import { type Interpretation, interpret, type InterpretContext } from './interpret.ts';
import { type FoundValue, vocabularyOf } from './language/vocabulary.ts';
import type { SemanticModel } from './model/semantic-model.ts';
import { checkPlan } from './plan/check-plan.ts';
import { TOTAL_ROWS } from './plan/column-names.ts';
import { columnsOf } from './plan/columns.ts';
import { allOf } from './plan/labels.ts';
import { maskedNames } from './plan/masked-names.ts';
import type { Plan } from './plan/plan.ts';
import { readingOf } from './reading.ts';
import { guardStatement } from './sql/guard-statement.ts';
import { LOOKUP_MAX, lookupStatement } from './sql/lookup-statement.ts';
import { type AnswerRow, ROWS_MAX, writeStatement } from './sql/write-statement.ts';

export interface AnalystOptions {
  readonly model: SemanticModel;
  readonly now?: () => Date;
}

/** Answers questions in plain English, as whoever the session belongs to. It keeps nothing between two questions. */
export interface Analyst {
  ask(session: AnalystSession, question: Question, options?: QueryOptions): Promise<Answer>;
}

interface AnalystSession extends Pick<PlatformSession, 'query'> {
  /** Columns of a relation that read as empty for this caller. */
  masked(relation: string): ReadonlySet<string>;
}

/** Whoever may not execute the function may not ask: the engine decides. */
const OPEN: Statement<unknown> = {
  name: 'analyst.open',
  text: 'SELECT "causeway"."genie_query"() AS opened',
  values: [],
  row: z.unknown(),
};

export function createAnalyst({ model, now = () => new Date() }: AnalystOptions): Analyst {
  const vocabularies = new Map(
    Object.entries(model.relations).map(([name, relation]) => [name, vocabularyOf(relation)]),
  );

  return {
    async ask(session, question, options = {}) {
      await session.query(OPEN, options);
      const previous = question.plan === undefined ? undefined : knownPlan(question.plan, model);
      const context: InterpretContext = { model, vocabularies, today: now().toISOString().slice(0, 10), previous };
      const asking: Asking = { session, model, options, previous };
      let meant = interpret(question.text, context);
      if (meant.kind === 'lookup') {
        const found = await look(meant, asking);
        meant = interpret(question.text, { ...context, found });
      }
      if (meant.kind === 'plan') return answer(meant, asking);
      if (meant.kind === 'lookup') throw new AppError('internal', 'the analyst asked for a second lookup');
      const kept = meant.kind === 'clarification' && meant.restart ? undefined : previous;
      return notAnswered(meant.text, kept);
    },
  };
}

interface Asking {
  readonly session: AnalystSession;
  readonly model: SemanticModel;
  readonly options: QueryOptions;
  readonly previous: Plan | undefined;
}

/** A conversation's handle is sealed, but the model may have changed since. */
function knownPlan(candidate: unknown, model: SemanticModel): Plan {
  const plan = checkPlan(candidate, model);
  if (plan === undefined)
    throw new AppError('not_found', 'the plan of the conversation does not fit the semantic model');
  return plan;
}

async function look(
  { relation, dimensions, words }: Extract<Interpretation, { kind: 'lookup' }>,
  asking: Asking,
): Promise<readonly FoundValue[]> {
  const { session, model } = asking;
  const entry = model.relations[relation];
  if (entry === undefined) return [];
  const masked = session.masked(entry.relation);
  const visible = dimensions.filter((dimension) => !masked.has(entry.dimensions[dimension]?.column ?? ''));
  const found = await Promise.all(
    visible.map(async (dimension) => {
      const rows = await run(lookupStatement(dimension, words, entry), asking);
      return rows.length < LOOKUP_MAX ? rows.map(({ value }) => ({ dimension, value })) : [];
    }),
  );
  return found.flat();
}

async function run<Row>(statement: Statement<Row>, { session, model, options }: Asking): Promise<Row[]> {
  await guardStatement(statement.text, model);
  return session.query(statement, options);
}

const notAnswered = (text: string, plan: Plan | undefined): Answer => ({
  status: 'clarification',
  text,
  columns: [],
  rows: [],
  totalRows: 0,
  truncated: false,
  ...(plan === undefined ? {} : { plan }),
});

async function answer(
  { plan, corrections }: Extract<Interpretation, { kind: 'plan' }>,
  asking: Asking,
): Promise<Answer> {
  const { model, session } = asking;
  const relation = model.relations[plan.relation];
  if (relation === undefined) throw new AppError('internal', 'the plan names another relation');
  const masked = session.masked(relation.relation);
  const hidden = maskedNames(plan, relation, masked);
  if (hidden.length > 0)
    return notAnswered(`${sentence(hidden)} not available to you, so I cannot answer that.`, asking.previous);
  const statement = writeStatement(plan, model);
  const rows = await run(statement, asking);
  const counted = Number(rows[0]?.[TOTAL_ROWS] ?? 0);
  const totalRows = Math.min(counted, plan.limit ?? counted);
  const columns = columnsOf(plan, relation);
  return {
    status: 'completed',
    text: [...corrections, readingOf(plan, relation), ...maskedNote(plan, columns, { relation, masked })].join(' '),
    sql: statement.text,
    columns,
    rows: rows.slice(0, ROWS_MAX).map((row) => pick(row, columns)),
    totalRows,
    truncated: totalRows > rows.length,
    plan,
  };
}

const sentence = (labels: readonly string[]) => `The ${allOf(labels)} ${labels.length === 1 ? 'is' : 'are'}`;

type Shown = { readonly relation: SemanticModel['relations'][string]; readonly masked: ReadonlySet<string> };

/** A list shows masked columns empty, and says so. */
function maskedNote({ list }: Plan, columns: readonly string[], { relation, masked }: Shown): readonly string[] {
  const { numbers, dimensions, date } = relation;
  const empty = list
    ? columns.filter((name) => masked.has((numbers[name] ?? dimensions[name] ?? date[name])?.column ?? ''))
    : [];
  return empty.length === 0 ? [] : [`Not available to you, and therefore empty: ${empty.join(', ')}.`];
}

function pick(row: AnswerRow, columns: readonly string[]): Readonly<Record<string, SqlValue>> {
  return Object.fromEntries(columns.map((name) => [name, row[name] ?? null]));
}
