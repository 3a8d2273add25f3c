import type { DateRange, Grain } from '../calendar.ts';
import type { Comparator } from '../language/meaning.ts';
import type { ModelMeasure, ModelRelation, SemanticModel } from '../model/semantic-model.ts';
import type { Plan, PlanCondition, PlanGroup, PlanMeasure, PlanValues } from '../plan/plan.ts';
import { type BoundValues, both, quoted } from './sql-text.ts';

/** Writes the parts of a statement over one relation. Every name is the model's; every value is bound. */
export interface SqlScope {
  readonly model: SemanticModel;
  readonly relation: ModelRelation;
  readonly bound: BoundValues;
}

const OPERATORS: Record<Comparator, string> = { gt: '>', ge: '>=', lt: '<', le: '<=', eq: '=', ne: '<>' };

const dateColumn = ({ date }: ModelRelation): string => columnOf(Object.values(date)[0]);

/** A name that the model does not have must not become SQL: the plan was checked before, and this is the second lock. */
function columnOf(entry: { readonly column: string } | undefined): string {
  if (entry === undefined) throw new Error('the plan names what the model does not have');
  return quoted(entry.column);
}

export function columnByName(name: string, { dimensions, numbers, date }: ModelRelation): string {
  return columnOf(own(dimensions, name) ?? own(numbers, name) ?? own(date, name));
}

const own = <T>(entries: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(entries, name) ? entries[name] : undefined;

export function groupSql(group: PlanGroup, { relation, model }: SqlScope): string {
  if ('dimension' in group) return columnOf(own(relation.dimensions, group.dimension));
  return periodSql(`${dateColumn(relation)}::timestamp`, group.grain, model.fiscalYearStart - 1);
}

/** The first day of the period. A fiscal one is a calendar one of a calendar that is moved by some months. */
function periodSql(day: string, grain: Grain, fiscalMonths: number): string {
  const unit = grain.replace('fiscal_', '');
  if (grain === unit || fiscalMonths === 0) return `date_trunc('${unit}', ${day})::date`;
  const moved = `INTERVAL '${fiscalMonths} months'`;
  return `(date_trunc('${unit}', ${day} - ${moved}) + ${moved})::date`;
}

/** `extra` narrows the measure further than the statement's own conditions. */
export function measureSql(measure: PlanMeasure, scope: SqlScope, extra: readonly PlanValues[] = []): string {
  const { relation } = scope;
  if ('measure' in measure) return namedSql(own(relation.measures, measure.measure), scope, extra);
  const filter = filterSql(undefined, scope, extra);
  if ('count' in measure) return `count(*)${filter}`;
  if ('distinct' in measure) return `count(DISTINCT ${columnOf(own(relation.dimensions, measure.distinct))})${filter}`;
  return aggregateSql(measure.aggregate, columnOf(own(relation.numbers, measure.number)), filter);
}

function namedSql(measure: ModelMeasure | undefined, scope: SqlScope, extra: readonly PlanValues[]): string {
  if (measure === undefined) throw new Error('the plan names what the model does not have');
  if ('ratio' in measure) {
    const [part, whole] = measure.ratio.map((name) => measureSql({ measure: name }, scope, extra));
    const factor = measure.unit === 'percent' ? '100.0' : '1.0';
    return `round(${factor} * (${part}) / NULLIF((${whole})::numeric, 0), 2)`;
  }
  const { relation } = scope;
  const filter = filterSql(measure.where, scope, extra);
  if ('count' in measure) return `count(*)${filter}`;
  if ('distinct' in measure) return `count(DISTINCT ${columnOf(own(relation.dimensions, measure.distinct))})${filter}`;
  if ('sum' in measure) return aggregateSql('sum', columnOf(own(relation.numbers, measure.sum)), filter);
  if ('avg' in measure) return aggregateSql('avg', columnOf(own(relation.numbers, measure.avg)), filter);
  if ('min' in measure) return aggregateSql('min', columnOf(own(relation.numbers, measure.min)), filter);
  return aggregateSql('max', columnOf(own(relation.numbers, measure.max)), filter);
}

function aggregateSql(aggregate: 'sum' | 'avg' | 'min' | 'max', column: string, filter: string): string {
  const sql = `${aggregate}(${column})${filter}`;
  return aggregate === 'avg' ? `round((${sql})::numeric, 2)` : sql;
}

function filterSql(where: ModelMeasureWhere, scope: SqlScope, extra: readonly PlanValues[]): string {
  const ofMeasure = Object.entries(where ?? {}).map(([dimension, values]) => ({ dimension, values, not: false }));
  const conditions = [...ofMeasure, ...extra].map((values) => valuesSql(values, scope));
  return conditions.length === 0 ? '' : ` FILTER (WHERE ${both(conditions)})`;
}

type ModelMeasureWhere = Readonly<Record<string, string[]>> | undefined;

function valuesSql({ dimension, values, not }: PlanValues, { relation, bound }: SqlScope): string {
  const list = values.map((value) => bound.bind(value)).join(', ');
  // What is empty is not one of the values.
  return `(${columnOf(own(relation.dimensions, dimension))} IN (${list}))${not ? ' IS NOT TRUE' : ''}`;
}

export function conditionsSql(sql: string, conditions: readonly PlanCondition[], { bound }: SqlScope): string {
  return both(
    conditions.map(({ comparator, value }) => `${sql} ${OPERATORS[comparator]} ${bound.bind(value)}::numeric`),
  );
}

/** One of the ranges. */
export function rangesSql(day: string, ranges: readonly DateRange[], { bound }: SqlScope): string {
  const one = ({ from, to }: DateRange) =>
    both([
      ...(from === undefined ? [] : [`${day} >= ${bound.bind(from)}::date`]),
      ...(to === undefined ? [] : [`${day} < ${bound.bind(to)}::date`]),
    ]);
  return `(${ranges.map((range) => `(${one(range)})`).join(' OR ')})`;
}

/** Which rows count, as conditions; `periods` may be wider than the plan's own. */
export function rowConditions(
  plan: Plan,
  scope: SqlScope,
  periods: readonly DateRange[] = plan.periods,
): readonly string[] {
  const { relation } = scope;
  const day = () => dateColumn(relation);
  return [
    ...plan.values.map((values) => valuesSql(values, scope)),
    ...plan.numbers.map(({ number, conditions }) =>
      conditionsSql(columnOf(own(relation.numbers, number)), conditions, scope),
    ),
    ...(periods.length === 0 ? [] : [rangesSql(day(), periods, scope)]),
    ...(plan.notPeriods.length === 0 ? [] : [`${rangesSql(day(), plan.notPeriods, scope)} IS NOT TRUE`]),
  ];
}
