import type { Grain } from '../calendar.ts';

export type Direction = 'asc' | 'desc';
export type Aggregate = 'sum' | 'avg' | 'min' | 'max';
export type Comparator = 'gt' | 'ge' | 'lt' | 'le' | 'eq' | 'ne';

/** What a word or phrase can mean. The first group comes from the semantic model, the second from the English words. */
export type Meaning =
  | { readonly kind: 'subject'; readonly plural: boolean }
  | { readonly kind: 'measure'; readonly name: string }
  | { readonly kind: 'number'; readonly name: string }
  | { readonly kind: 'dimension'; readonly name: string; readonly plural: boolean }
  | { readonly kind: 'value'; readonly dimension: string; readonly values: readonly string[]; readonly found?: boolean }
  | { readonly kind: 'date'; readonly name: string }
  //
  | { readonly kind: 'filler' }
  | { readonly kind: 'aggregate'; readonly aggregate: Aggregate }
  | { readonly kind: 'how_many' }
  | { readonly kind: 'how_much' }
  | { readonly kind: 'distinct' }
  | { readonly kind: 'list' }
  | { readonly kind: 'which' }
  | { readonly kind: 'copula' }
  | { readonly kind: 'by' }
  | { readonly kind: 'sort' }
  | { readonly kind: 'direction'; readonly direction: Direction; readonly date?: boolean }
  | { readonly kind: 'reverse' }
  | { readonly kind: 'limit' }
  | { readonly kind: 'rank'; readonly direction: Direction; readonly date?: boolean }
  | { readonly kind: 'comparator'; readonly comparator: Comparator }
  | { readonly kind: 'or_more'; readonly comparator: Comparator }
  | { readonly kind: 'between' }
  | { readonly kind: 'not' }
  | { readonly kind: 'and' }
  | { readonly kind: 'or' }
  | { readonly kind: 'versus' }
  | { readonly kind: 'compare' }
  | { readonly kind: 'share' }
  | { readonly kind: 'growth'; readonly grain?: Grain }
  | { readonly kind: 'trend' }
  | { readonly kind: 'grain'; readonly grain: Grain; readonly plural: boolean }
  | { readonly kind: 'each_grain'; readonly grain: Grain }
  | { readonly kind: 'month'; readonly month: number }
  | { readonly kind: 'quarter'; readonly quarter: number }
  | { readonly kind: 'half'; readonly half: number }
  | { readonly kind: 'fiscal' }
  | { readonly kind: 'relative'; readonly away: -1 | 0 | 1 }
  | { readonly kind: 'day'; readonly away: number }
  | { readonly kind: 'to_date'; readonly grain?: Grain }
  | { readonly kind: 'bound'; readonly bound: 'since' | 'after' | 'before' | 'until' }
  | { readonly kind: 'from' }
  | { readonly kind: 'to' }
  | { readonly kind: 'scale'; readonly factor: number }
  | { readonly kind: 'cue'; readonly cue: Cue }
  | { readonly kind: 'those' }
  | { readonly kind: 'remove' }
  | { readonly kind: 'filters' }
  | { readonly kind: 'grouping' }
  | { readonly kind: 'all' }
  | { readonly kind: 'all_time' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'topic'; readonly topic: string };

/** What a follow-up does with what it names. */
export type Cue = 'refine' | 'add' | 'replace';

export type Kind = Meaning['kind'];
export type MeaningOf<K extends Kind> = Extract<Meaning, { kind: K }>;
