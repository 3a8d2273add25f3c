import type { SortKey } from '../clauses/clause.ts';
import type { Direction } from '../language/meaning.ts';
import type { BuildContext, Step } from './build-context.ts';
import { GROWTH, SHARE } from './column-names.ts';
import { columnOfGroup, columnOfMeasure, columnsOf, numberOfMeasure, sameMeasure } from './columns.ts';
import { defaultOrder } from './default-order.ts';
import { groupExamples } from './labels.ts';
import type { Plan, PlanMeasure } from './plan.ts';
import type { Rank, Request } from './request.ts';
import { Unclear } from './unclear.ts';

/** "The largest deals", without a number. */
const RANKED = 10;

/** Which end comes first, and how many are shown. */
export const order: Step = (plan, request, context) => {
  const { rank, sorts, limit, has } = request;
  let next = rank === undefined ? plan : ranked(plan, rank, { request, context });
  for (const sort of sorts) {
    const direction = sort.direction ?? rank?.direction;
    next =
      sort.key === undefined
        ? turned(next, direction, context)
        : sortedBy(next, sort.key, { direction: rank?.direction ?? direction, request, context });
  }
  if (has.has('reverse')) next = turned(next, undefined, context);
  return limit === undefined ? next : { ...next, limit };
};

interface Asking {
  readonly request: Request;
  readonly context: BuildContext;
}

function ranked(plan: Plan, rank: Rank, asking: Asking): Plan {
  if (plan.list) return rankedRows(plan, rank, asking.context);
  // The highest margin of all is a figure by itself.
  if (plan.groups.length === 0 && rank.object?.kind === 'number' && !rank.date) return plan;
  assertRankable(plan, rank, asking);
  const column = rankedColumn(plan, rank, asking.context);
  const next: Plan = { ...plan, order: { column, direction: rank.direction } };
  const { mentions, groups } = asking.request;
  const [mention] = mentions;
  // "The highest revenue by region" is about all regions.
  const unlimited = mention === undefined && rank.count === undefined && groups.length > 0;
  return unlimited ? next : limited(next, rank, mention === undefined || mention.plural);
}

function rankedRows(plan: Plan, rank: Rank, context: BuildContext): Plan {
  const column = listColumn(rank, context);
  return limited(
    { ...plan, order: { column, direction: rank.direction } },
    rank,
    rank.object?.kind !== 'subject' || rank.object.plural,
  );
}

const limited = (plan: Plan, { count }: Rank, plural: boolean): Plan => ({
  ...plan,
  limit: count ?? (plural ? RANKED : 1),
});

function assertRankable(plan: Plan, { date }: Rank, { request, context }: Asking): void {
  const { relation } = context;
  if (date) throw new Unclear(`The latest or oldest of what? I can list ${relation.many} by date.`);
  if (request.mentions.length > 0 && request.groups.length > 0) {
    throw new Unclear(
      'I can rank one list as a whole, not one for each group. Name one group, or leave the grouping out.',
    );
  }
  if (plan.groups.length === 0)
    throw new Unclear(`The highest or lowest of what? Ask for example ${groupExamples(relation)}.`);
}

function listColumn(rank: Rank, { relation }: BuildContext): string {
  const date = Object.keys(relation.date)[0];
  const number = rank.object?.kind === 'number' ? rank.object.number : relation.defaultNumber;
  const column = rank.date ? date : number;
  if (column === undefined) throw new Unclear(`${relation.many} have nothing to be ranked by. Name what you mean.`);
  return column;
}

/** The measure that the rank names, or else the first one. */
function rankedColumn(plan: Plan, { object }: Rank, { relation }: BuildContext): string {
  const [first] = plan.measures;
  const named = object?.kind === 'measure' ? plan.measures.find((one) => sameMeasure(one, object.measure)) : undefined;
  const numbered =
    object?.kind === 'number'
      ? plan.measures.find((one) => numberOfMeasure(one, relation) === object.number)
      : undefined;
  const measure = named ?? numbered ?? first;
  if (measure === undefined) throw new Unclear(`Ranked by what?`);
  if (plan.growth !== undefined) return GROWTH;
  return columnOfMeasure(measure, relation);
}

interface Sorting extends Asking {
  readonly direction: Direction | undefined;
}

function sortedBy(plan: Plan, key: SortKey, { direction, request, context }: Sorting): Plan {
  const { relation } = context;
  if ('special' in key)
    return { ...plan, order: { column: specialColumn(plan, key.special, context), direction: direction ?? 'desc' } };
  if ('group' in key) {
    const column = columnOfGroup(key.group);
    if (!sortable(plan, context).includes(column)) throw new Unclear(`The answer has no ${column} to sort by.`);
    return { ...plan, order: { column, direction: direction ?? 'asc' } };
  }
  if (plan.list) return { ...plan, order: { column: rowColumn(key, context), direction: direction ?? 'desc' } };
  const { measures, column } = measureColumn(plan, key, { request, context });
  if (plan.groups.length === 0)
    throw new Unclear(`One figure cannot be sorted. Ask for example ${groupExamples(relation)}.`);
  return { ...plan, measures, order: { column, direction: direction ?? 'desc' } };
}

/** Rows can be ordered by everything that the model knows of them. */
const sortable = (plan: Plan, { relation }: BuildContext): readonly string[] =>
  plan.list ? [...Object.keys(relation.dimensions), ...Object.keys(relation.numbers)] : columnsOf(plan, relation);

function rowColumn(key: MeasureKey, { relation }: BuildContext): string {
  const number = 'number' in key ? key.number : numberOfMeasure(key.measure, relation);
  if (number === undefined) throw new Unclear(`Single ${relation.many} cannot be sorted by that.`);
  return number;
}

function specialColumn(plan: Plan, special: 'date' | 'share' | 'growth', { relation }: BuildContext): string {
  const grain = plan.groups.find((group) => 'grain' in group);
  const date = plan.list ? Object.keys(relation.date)[0] : grain === undefined ? undefined : columnOfGroup(grain);
  const share = plan.share === undefined ? undefined : SHARE;
  const column = { date, share, growth: plan.growth === undefined ? undefined : GROWTH }[special];
  if (column === undefined) throw new Unclear(`The answer has no ${special} to sort by.`);
  return column;
}

type MeasureKey = Exclude<SortKey, { special: unknown } | { group: unknown }>;

/** Sorting by a measure that is not shown shows it; one that was only assumed gives way to it. */
function measureColumn(plan: Plan, key: MeasureKey, { request, context }: Asking) {
  const { relation, fresh } = context;
  const known = plan.measures.find((one) =>
    'number' in key ? numberOfMeasure(one, relation) === key.number : sameMeasure(one, key.measure),
  );
  if (known !== undefined) return { measures: plan.measures, column: columnOfMeasure(known, relation) };
  const wanted = measureOf(key, context);
  const column = columnOfMeasure(wanted, relation);
  if (fresh && request.measures.length === 0 && request.subject === undefined) return { measures: [wanted], column };
  if (plan.share !== undefined || plan.growth !== undefined) {
    throw new Unclear('Shares and growth are of one measure, so they cannot be sorted by another one.');
  }
  return { measures: [...plan.measures, wanted], column };
}

function measureOf(key: MeasureKey, { relation }: BuildContext): PlanMeasure {
  if ('measure' in key) return key.measure;
  return { aggregate: relation.numbers[key.number]?.aggregate ?? 'sum', number: key.number };
}

function turned(plan: Plan, direction: Direction | undefined, { relation }: BuildContext): Plan {
  const current = plan.order ?? defaultOrder(plan, relation);
  if (current === undefined) throw new Unclear('One figure cannot be sorted.');
  const opposite = current.direction === 'asc' ? 'desc' : 'asc';
  return { ...plan, order: { ...current, direction: direction ?? opposite } };
}
