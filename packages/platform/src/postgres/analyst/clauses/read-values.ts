import { as, is, skip, type Term } from '../language/terms.ts';
import type { MeaningOf } from '../language/meaning.ts';
import type { PlanValues } from '../plan/plan.ts';
import { type Clause, one, type Reader, type Reading, type Rule } from './clause.ts';

const VALUES_MAX = 20;

/** `WEST`, `region is WEST or EAST`, `not won`, `except the western region`, `WEST vs EAST`. */
export const readValues: Rule = (reader, at) => {
  const { terms } = reader;
  const start = startOf(reader, at);
  const choice = valueAt(terms[start.at], start.dimension);
  if (choice === undefined) return undefined;
  if ('problem' in choice) return one({ kind: 'problem', text: choice.problem }, start.at + 1);
  return gather(reader, { first: choice, at: start.at, not: start.not });
};

/** Where the value would stand, after "not", the dimension's name and "is". */
function startOf(reader: Reader, at: number): { at: number; not: boolean; dimension: string | undefined } {
  const { terms } = reader;
  const leading = is(terms[at], 'not');
  const labelAt = leading ? skip(terms, at + 1, 'filler') : at;
  const dimension = as(terms[labelAt], 'dimension')?.name;
  if (dimension === undefined) return { at: labelAt, not: leading, dimension };
  const afterLabel = skip(terms, labelAt + 1, 'filler', 'copula', 'dimension');
  const comparator = as(terms[afterLabel], 'comparator')?.comparator;
  const notAt = skipEquals(reader, afterLabel);
  const inner = is(terms[notAt], 'not');
  const value = skip(terms, inner ? notAt + 1 : notAt, 'filler');
  return { at: value, not: leading || inner || comparator === 'ne', dimension };
}

function skipEquals({ terms }: Reader, at: number): number {
  const comparator = as(terms[at], 'comparator')?.comparator;
  return comparator === 'eq' || comparator === 'ne' ? skip(terms, at + 1, 'filler') : at;
}

type Choice = MeaningOf<'value'> | { readonly problem: string };

/** A word that is a value of several dimensions means one of them only when the question says which. */
function valueAt(term: Term | undefined, dimension: string | undefined): Choice | undefined {
  const all = term?.meanings.filter((meaning): meaning is MeaningOf<'value'> => meaning.kind === 'value') ?? [];
  const fitting = dimension === undefined ? all : all.filter((value) => value.dimension === dimension);
  const [first, ...others] = fitting;
  if (first === undefined || term === undefined) return undefined;
  if (others.length > 0) {
    const options = [first, ...others].map((value) => `${value.dimension} ${value.values.slice(0, 2).join(', ')}`);
    return {
      problem: `"${term.typed}" can mean ${options.join(' or ')}. Which one? Say for example "${first.dimension} ${term.typed}".`,
    };
  }
  if (first.values.length > VALUES_MAX) {
    return {
      problem: `"${term.typed}" fits more than ${VALUES_MAX} values of ${first.dimension}. Please name it in full.`,
    };
  }
  return first;
}

interface Start {
  readonly first: MeaningOf<'value'>;
  readonly at: number;
  readonly not: boolean;
}

/** Further values of the same dimension belong to the same condition. */
function gather({ terms }: Reader, { first, at, not }: Start): Reading {
  const { dimension } = first;
  const values = new Set(first.values);
  let compared = false;
  let next = afterNoun(terms, at + 1, dimension);
  for (;;) {
    const joint = skip(terms, next, 'filler');
    if (!is(terms[joint], 'and', 'or', 'versus')) break;
    const from = skip(terms, joint + 1, 'and', 'or', 'filler', ...(not ? (['not'] as const) : []));
    const more = terms[from]?.meanings.find(
      (meaning): meaning is MeaningOf<'value'> => meaning.kind === 'value' && meaning.dimension === dimension,
    );
    if (more === undefined) break;
    compared ||= is(terms[joint], 'versus');
    for (const value of more.values) values.add(value);
    next = afterNoun(terms, from + 1, dimension);
  }
  if (values.size > VALUES_MAX) return one({ kind: 'problem', text: 'Those are too many values at once.' }, next);
  const found: PlanValues = { dimension, values: [...values], not };
  const clauses: Clause[] = [{ kind: 'values', values: found }];
  return { clauses: compared ? [...clauses, { kind: 'compare' }] : clauses, next };
}

/** In "the western region" the noun says nothing more. */
function afterNoun(terms: readonly Term[], at: number, dimension: string): number {
  const noun = as(terms[at], 'dimension');
  return noun?.name === dimension && !noun.plural ? at + 1 : at;
}
