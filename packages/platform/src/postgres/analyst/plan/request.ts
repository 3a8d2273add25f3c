import type { Clause, ClauseOf, Removal } from '../clauses/clause.ts';
import type { Aggregate, Cue } from '../language/meaning.ts';
import type { PlanGroup, PlanMeasure, PlanValues } from './plan.ts';

/** Everything that one question says, sorted by what it is about. */
export interface Request {
  readonly measures: readonly PlanMeasure[];
  /** "How many?", without saying of what. */
  readonly bareCount: boolean;
  readonly aggregate: Aggregate | undefined;
  readonly numbers: readonly string[];
  readonly groups: readonly PlanGroup[];
  readonly mentions: readonly ClauseOf<'mention'>[];
  /** A dimension was named before the rows were, as in "customers with deals over 10k". */
  readonly mentionLeads: boolean;
  readonly values: readonly PlanValues[];
  /** What stands after "is" or "are": the part of a share. */
  readonly predicate: readonly PlanValues[];
  readonly periods: readonly ClauseOf<'period'>[];
  readonly conditions: readonly ClauseOf<'condition'>[];
  readonly rank: Rank | undefined;
  readonly sorts: readonly ClauseOf<'sort'>[];
  readonly limit: number | undefined;
  readonly growth: ClauseOf<'growth'> | undefined;
  readonly removals: readonly Removal[];
  readonly cues: ReadonlySet<Cue>;
  /** The question begins with a word that takes up the answer before. */
  readonly cueLeads: boolean;
  readonly subject: ClauseOf<'subject'> | undefined;
  readonly has: ReadonlySet<Clause['kind']>;
}

export interface Rank extends ClauseOf<'rank'> {
  /** What is ranked: the nearest noun after the word. */
  readonly object: ClauseOf<'subject' | 'mention' | 'measure' | 'number'> | undefined;
}

export function requestOf(clauses: readonly Clause[]): Request {
  const all = <K extends Clause['kind']>(kind: K) =>
    clauses.filter((clause): clause is ClauseOf<K> => clause.kind === kind);
  const has = new Set(clauses.map(({ kind }) => kind));
  const copula = clauses.findLastIndex(({ kind }) => kind === 'copula');
  const afterCopula = clauses.slice(copula + 1).filter((clause) => clause.kind === 'values');
  return {
    measures: all('measure').map(({ measure }) => measure),
    bareCount: all('measure').length > 0 && all('measure').every(({ bare }) => bare),
    aggregate: all('aggregate')[0]?.aggregate,
    numbers: [...new Set(all('number').map(({ number }) => number))],
    groups: all('group').map(({ group }) => group),
    mentions: all('mention'),
    mentionLeads: leads(clauses),
    values: all('values').map(({ values }) => values),
    predicate: copula < 0 ? [] : afterCopula.map(({ values }) => values),
    periods: all('period'),
    conditions: all('condition'),
    rank: rankOf(clauses),
    sorts: all('sort'),
    limit: all('limit')[0]?.count,
    growth: all('growth').find(({ grain }) => grain !== undefined) ?? all('growth')[0],
    removals: all('remove').map(({ what }) => what),
    cues: new Set(all('cue').map(({ cue }) => cue)),
    cueLeads: clauses.slice(0, 2).some(({ kind }) => kind === 'cue' || kind === 'those'),
    subject: all('subject')[0],
    has,
  };
}

function leads(clauses: readonly Clause[]): boolean {
  const mention = clauses.findIndex(({ kind }) => kind === 'mention');
  const subject = clauses.findIndex(({ kind }) => kind === 'subject');
  return mention >= 0 && (subject < 0 || mention < subject);
}

function rankOf(clauses: readonly Clause[]): Rank | undefined {
  const at = clauses.findIndex(({ kind }) => kind === 'rank');
  const rank = clauses[at];
  if (rank?.kind !== 'rank') return undefined;
  const object = clauses
    .slice(at + 1)
    .find((clause) => ['subject', 'mention', 'measure', 'number'].includes(clause.kind)) as Rank['object'];
  return { ...rank, object };
}
