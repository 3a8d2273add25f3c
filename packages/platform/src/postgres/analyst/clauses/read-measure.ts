import type { Aggregate } from '../language/meaning.ts';
import { as, is, skip } from '../language/terms.ts';
import { numberOf } from '../model/number-of.ts';
import type { PlanMeasure } from '../plan/plan.ts';
import { one, type Reader, type Rule } from './clause.ts';

/** `revenue`, `how many deals`, `average amount`, `number of customers`, `total`. */
export const readMeasure: Rule = (reader, at) => {
  const { terms } = reader;
  const found = measureAt(reader, at);
  if (found !== undefined) return one({ kind: 'measure', measure: found.measure, bare: found.bare }, found.next);
  const aggregate = as(terms[at], 'aggregate')?.aggregate;
  return aggregate === undefined ? undefined : one({ kind: 'aggregate', aggregate }, at + 1);
};

export interface FoundMeasure {
  readonly measure: PlanMeasure;
  readonly next: number;
  /** "How many?", without saying of what. */
  readonly bare: boolean;
}

/** The measure that stands here in full, if one does. */
export function measureAt(reader: Reader, at: number): FoundMeasure | undefined {
  const { terms } = reader;
  const named = as(terms[at], 'measure');
  if (named !== undefined) return { measure: { measure: named.name }, next: at + 1, bare: false };
  if (is(terms[at], 'how_many')) return counted(reader, skip(terms, at + 1, 'filler', 'all', 'distinct'), at + 1);
  const aggregate = as(terms[at], 'aggregate')?.aggregate;
  if (aggregate === undefined) return undefined;
  return aggregated(reader, aggregate, skip(terms, at + 1, 'filler'));
}

function counted({ terms }: Reader, at: number, otherwise: number): FoundMeasure {
  const dimension = as(terms[at], 'dimension');
  if (dimension !== undefined) return { measure: { distinct: dimension.name }, next: at + 1, bare: false };
  const named = is(terms[at], 'subject');
  return { measure: { count: 'rows' }, next: named ? at + 1 : otherwise, bare: !named };
}

function aggregated(reader: Reader, aggregate: Aggregate, at: number): FoundMeasure | undefined {
  const term = reader.terms[at];
  const number = as(term, 'number')?.name;
  if (number !== undefined) return { measure: { aggregate, number }, next: at + 1, bare: false };
  const name = as(term, 'measure')?.name;
  if (name === undefined) return aggregate === 'sum' ? totalled(reader, at) : averageSubject(reader, aggregate, at);
  const measure = reaggregated(reader, aggregate, name);
  return measure === undefined ? undefined : { measure, next: at + 1, bare: false };
}

/** "Total deals" and "total customers" are counted. */
function totalled(reader: Reader, at: number): FoundMeasure | undefined {
  const { terms } = reader;
  if (is(terms[at], 'how_many')) return counted(reader, skip(terms, at + 1, 'filler'), at + 1);
  const plural = as(terms[at], 'dimension')?.plural === true;
  return plural || is(terms[at], 'subject') ? counted(reader, at, at) : undefined;
}

function averageSubject({ terms, relation }: Reader, aggregate: Aggregate, at: number): FoundMeasure | undefined {
  const number = relation.defaultNumber;
  if (number === undefined || !is(terms[at], 'subject')) return undefined;
  return { measure: { aggregate, number }, next: at + 1, bare: false };
}

/** "average revenue" is about the number that the revenue is the sum of. A measure with conditions of its own has no other form. */
export function reaggregated(
  { relation }: Pick<Reader, 'relation'>,
  aggregate: Aggregate,
  name: string,
): PlanMeasure | undefined {
  const measure = relation.measures[name];
  if (measure === undefined) return undefined;
  if (aggregate === 'sum' && 'sum' in measure) return { measure: name };
  const number = numberOf(measure);
  const plain = !('ratio' in measure) && measure.where === undefined;
  return number !== undefined && plain ? { aggregate, number } : undefined;
}
