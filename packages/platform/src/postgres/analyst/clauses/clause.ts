import type { DateRange, Grain } from '../calendar.ts';
import type { Aggregate, Cue, Direction } from '../language/meaning.ts';
import type { Term } from '../language/terms.ts';
import type { ModelRelation, SemanticModel } from '../model/semantic-model.ts';
import type { PlanCondition, PlanGroup, PlanMeasure, PlanValues } from '../plan/plan.ts';

/** What one part of a question asks for. */
export type Clause =
  | { readonly kind: 'measure'; readonly measure: PlanMeasure; readonly bare: boolean }
  | { readonly kind: 'aggregate'; readonly aggregate: Aggregate }
  | { readonly kind: 'number'; readonly number: string }
  | { readonly kind: 'subject'; readonly plural: boolean }
  | { readonly kind: 'list' }
  | { readonly kind: 'which' }
  | { readonly kind: 'mention'; readonly group: PlanGroup; readonly plural: boolean }
  | { readonly kind: 'date' }
  | { readonly kind: 'group'; readonly group: PlanGroup }
  | { readonly kind: 'values'; readonly values: PlanValues }
  | { readonly kind: 'period'; readonly ranges: readonly DateRange[]; readonly grain: Grain; readonly not: boolean }
  | { readonly kind: 'condition'; readonly target: ConditionTarget; readonly conditions: readonly PlanCondition[] }
  | {
      readonly kind: 'rank';
      readonly direction: Direction;
      readonly count?: number | undefined;
      readonly date: boolean;
    }
  | { readonly kind: 'sort'; readonly key?: SortKey | undefined; readonly direction?: Direction | undefined }
  | { readonly kind: 'reverse' }
  | { readonly kind: 'limit'; readonly count: number }
  | { readonly kind: 'share' }
  | { readonly kind: 'growth'; readonly grain?: Grain | undefined }
  | { readonly kind: 'trend' }
  | { readonly kind: 'compare' }
  | { readonly kind: 'copula' }
  | { readonly kind: 'how_much' }
  | { readonly kind: 'cue'; readonly cue: Cue }
  | { readonly kind: 'those' }
  | { readonly kind: 'all' }
  /** Only at the very beginning: it goes on from what was asked before. */
  | { readonly kind: 'and' }
  | { readonly kind: 'remove'; readonly what: Removal }
  | { readonly kind: 'restart' }
  | { readonly kind: 'problem'; readonly text: string }
  | { readonly kind: 'topic'; readonly topic: string; readonly word: string }
  | { readonly kind: 'unknown'; readonly term: Term };

export type ClauseOf<K extends Clause['kind']> = Extract<Clause, { kind: K }>;

/** `default`: the number that the model says is meant, when none is named. */
export type ConditionTarget = { readonly number: string } | { readonly measure: PlanMeasure } | 'default' | 'percent';

export type SortKey =
  | { readonly number: string }
  | { readonly measure: PlanMeasure }
  | { readonly group: PlanGroup }
  | { readonly special: 'date' | 'share' | 'growth' };

export type Removal =
  | 'filters'
  | 'grouping'
  | 'limit'
  | 'period'
  | 'share'
  | 'growth'
  | { readonly dimension: string }
  | { readonly number: string };

/** What the rules read. */
export interface Reader {
  readonly terms: readonly Term[];
  readonly model: SemanticModel;
  readonly relation: ModelRelation;
  /** Today, for "last quarter". */
  readonly today: string;
}

export interface Reading {
  readonly clauses: readonly Clause[];
  readonly next: number;
}

/** Reads what stands at this place, or nothing. */
export type Rule = (reader: Reader, at: number) => Reading | undefined;

export const one = (clause: Clause, next: number): Reading => ({ clauses: [clause], next });
