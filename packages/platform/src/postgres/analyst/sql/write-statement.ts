import { z } from 'zod';
import type { Statement } from '../../../platform.ts';
import { type DateRange, type Grain, shiftDay, startOf } from '../calendar.ts';
import type { ModelRelation, SemanticModel } from '../model/semantic-model.ts';
import { GROWTH, OF_TOTAL, PREVIOUS, SHARE, TOTAL_ROWS } from '../plan/column-names.ts';
import { columnOfGroup, columnOfMeasure, columnsOf } from '../plan/columns.ts';
import { defaultOrder } from '../plan/default-order.ts';
import type { Plan, PlanGroup } from '../plan/plan.ts';
import {
  columnByName,
  conditionsSql,
  groupSql,
  measureSql,
  rangesSql,
  rowConditions,
  type SqlScope,
} from './expressions.ts';
import { BoundValues, both, qualified, quoted } from './sql-text.ts';

export const ROWS_MAX = 50;

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const row = z.record(z.string(), cell);
export type AnswerRow = z.infer<typeof row>;

/** The one SELECT that a plan means. */
export function writeStatement(plan: Plan, model: SemanticModel): Statement<AnswerRow> {
  const relation = model.relations[plan.relation];
  if (relation === undefined) throw new Error('the plan names what the model does not have');
  const scope: SqlScope = { model, relation, bound: new BoundValues() };
  const body = plan.list
    ? rowsSql(plan, scope)
    : plan.growth === undefined
      ? measuresSql(plan, scope)
      : growthSql(plan, scope);
  const limit = Math.min(plan.limit ?? relation.defaultLimit, ROWS_MAX);
  const text = `${body}${orderSql(plan, relation)}\nLIMIT ${scope.bound.bind(limit)}::bigint`;
  return { name: 'analyst.answer', text, values: scope.bound.values, row };
}

const COUNTED = `count(*) OVER () AS ${quoted(TOTAL_ROWS)}`;
const named = (sql: string, name: string) => `${sql} AS ${quoted(name)}`;
const whereSql = (conditions: readonly string[]) => (conditions.length === 0 ? '' : `\nWHERE ${both(conditions)}`);

function rowsSql(plan: Plan, scope: SqlScope): string {
  const { relation } = scope;
  const columns = relation.list.map((name) => named(columnByName(name, relation), name));
  return `SELECT ${[...columns, COUNTED].join(', ')}\nFROM ${qualified(relation.relation)}${whereSql(rowConditions(plan, scope))}`;
}

function measuresSql(plan: Plan, scope: SqlScope): string {
  if (plan.share === undefined) return groupedSql(plan, scope, { extra: [COUNTED] });
  const { of } = plan.share;
  return of.length === 0 ? distributionSql(plan, scope) : rateSql(plan, scope);
}

interface Grouped {
  readonly extra?: readonly string[];
  readonly periods?: readonly DateRange[];
}

/** The measures of each group. */
function groupedSql(plan: Plan, scope: SqlScope, { extra = [], periods = plan.periods }: Grouped): string {
  const { relation } = scope;
  const columns = [
    ...plan.groups.map((group) => named(groupSql(group, scope), columnOfGroup(group))),
    ...plan.measures.map((measure) => named(measureSql(measure, scope), columnOfMeasure(measure, relation))),
    ...extra,
  ];
  const where = whereSql(rowConditions(plan, scope, periods));
  const having = plan.having.map(({ measure, conditions }) =>
    conditionsSql(measureSql(measure, scope), conditions, scope),
  );
  return `SELECT ${columns.join(', ')}\nFROM ${qualified(relation.relation)}${where}${groupBy(plan)}${having.length === 0 ? '' : `\nHAVING ${both(having)}`}`;
}

const groupBy = ({ groups }: Plan) =>
  groups.length === 0 ? '' : `\nGROUP BY ${groups.map((_, index) => index + 1).join(', ')}`;

const PARTS = quoted('parts');
const groupNames = ({ groups }: Plan) => groups.map((group) => quoted(columnOfGroup(group)));
const measureName = ({ measures }: Plan, { relation }: SqlScope) =>
  quoted(measures.map((measure) => columnOfMeasure(measure, relation))[0] ?? '');

/** What part of all groups together each one is. */
function distributionSql(plan: Plan, scope: SqlScope): string {
  const measure = measureName(plan, scope);
  const share = named(`round(100.0 * ${measure} / NULLIF(sum(${measure}) OVER (), 0)::numeric, 2)`, SHARE);
  return `SELECT ${[...groupNames(plan), measure, share, COUNTED].join(', ')}\nFROM (${groupedSql(plan, scope, {})}) AS ${PARTS}`;
}

/** What part of each group fulfils the conditions of the share. */
function rateSql(plan: Plan, scope: SqlScope): string {
  const [measure] = plan.measures;
  if (measure === undefined || plan.share === undefined) throw new Error('a share without a measure');
  const column = columnOfMeasure(measure, scope.relation);
  const part = measureSql(measure, scope, plan.share.of);
  const whole = measureSql(measure, scope);
  const parts = `SELECT ${[
    ...plan.groups.map((group) => named(groupSql(group, scope), columnOfGroup(group))),
    named(part, column),
    named(whole, OF_TOTAL),
  ].join(', ')}\nFROM ${qualified(scope.relation.relation)}${whereSql(rowConditions(plan, scope))}${groupBy(plan)}`;
  const share = named(`round(100.0 * ${quoted(column)} / NULLIF(${quoted(OF_TOTAL)}, 0)::numeric, 2)`, SHARE);
  return `SELECT ${[...groupNames(plan), quoted(column), quoted(OF_TOTAL), share, COUNTED].join(', ')}\nFROM (${parts}) AS ${PARTS}`;
}

const STEP: Record<Grain, string> = {
  day: '1 day',
  week: '7 days',
  month: '1 month',
  quarter: '3 months',
  year: '1 year',
  fiscal_quarter: '3 months',
  fiscal_year: '1 year',
};

/**
 * Each period beside the one that lies a step before. A frame by distance, not by rows, finds it even where periods without rows lie between;
 * the rows of the step before the first period are read too and left out of the answer.
 */
function growthSql(plan: Plan, scope: SqlScope): string {
  const step = plan.growth ?? 'month';
  const period = plan.groups.find((group) => 'grain' in group);
  if (period === undefined) throw new Error('growth without periods');
  const wider = plan.periods.map(({ from, to }) => ({
    from: from === undefined ? undefined : shiftDay(from, step, -1),
    to,
  }));
  const parts = groupedSql(plan, scope, { periods: wider });
  const measure = measureName(plan, scope);
  const day = quoted(columnOfGroup(period));
  const others = plan.groups.filter((group) => group !== period).map((group) => quoted(columnOfGroup(group)));
  const partition = others.length === 0 ? '' : `PARTITION BY ${others.join(', ')} `;
  const distance = `INTERVAL '${STEP[step]}'`;
  const before = `max(${measure}) OVER (${partition}ORDER BY ${day} RANGE BETWEEN ${distance} PRECEDING AND ${distance} PRECEDING)`;
  const compared = `SELECT ${[...groupNames(plan), measure, named(before, PREVIOUS)].join(', ')}\nFROM (${parts}) AS ${PARTS}`;
  const growth = named(
    `round(100.0 * (${measure} - ${quoted(PREVIOUS)}) / NULLIF(${quoted(PREVIOUS)}, 0)::numeric, 2)`,
    GROWTH,
  );
  const columns = [...groupNames(plan), measure, quoted(PREVIOUS), growth, COUNTED];
  const shown = plan.periods.map(({ from, to }) => ({
    from: from === undefined ? undefined : begin(from, period, scope),
    to,
  }));
  const where = shown.length === 0 ? '' : `\nWHERE ${rangesSql(day, shown, scope)}`;
  return `SELECT ${columns.join(', ')}\nFROM (${compared}) AS ${quoted('compared')}${where}`;
}

const begin = (day: string, group: PlanGroup, { model }: SqlScope) =>
  'grain' in group ? startOf(day, group.grain, model.fiscalYearStart) : day;

/** What is otherwise equal is ordered by its groups or key, so that the same question has the same answer. */
function orderSql(plan: Plan, relation: ModelRelation): string {
  const order = plan.order ?? defaultOrder(plan, relation);
  const columns = new Set(columnsOf(plan, relation));
  const main =
    order === undefined
      ? []
      : [
          `${orderColumn(order.column, { columns, relation })} ${order.direction === 'asc' ? 'ASC' : 'DESC'} NULLS LAST`,
        ];
  const ties = plan.list
    ? [quoted(relation.key)]
    : groupNames(plan).filter((name) => name !== quoted(order?.column ?? ''));
  return main.length + ties.length === 0 ? '' : `\nORDER BY ${[...main, ...ties].join(', ')}`;
}

function orderColumn(
  name: string,
  { columns, relation }: { columns: ReadonlySet<string>; relation: ModelRelation },
): string {
  return columns.has(name) ? quoted(name) : columnByName(name, relation);
}
