import type { Draft, Names } from './draft.ts';
import { didYouMean } from './did-you-mean.ts';
import type { PathSegment, Problem } from './problem.ts';

export interface ReportOptions {
  readonly severity?: Problem['severity'];
  readonly part?: 'key' | 'value';
}

export type Report = (path: readonly PathSegment[], message: string, options?: ReportOptions) => void;

/** What a check between the parts of a document is given. */
export interface PolicyCheck {
  readonly draft: Draft;
  readonly names: Names;
  readonly production: boolean;
  readonly report: Report;
}

export const WARNING: ReportOptions = { severity: 'warning' };
export const AT_KEY: ReportOptions = { part: 'key' };
export const KEY_WARNING: ReportOptions = { severity: 'warning', part: 'key' };

/** "there is no role "x". Did you mean "y"?" */
export function noSuch(kind: string, name: string, known: ReadonlySet<string>): string {
  return `there is no ${kind} "${name}".${didYouMean(name, known)}`;
}
