import { AppError } from '@causeway/core';

export type PathSegment = string | number;

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a policy document, where it is, and what to do. */
export interface Problem extends Position {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** Such as `data["sales.deals"].rows.west_sales`; empty for the document as a whole. */
  readonly path: string;
  readonly message: string;
}

export function formatPath(path: readonly PathSegment[]): string {
  return path
    .map((segment, index) => {
      if (typeof segment === 'number') return `[${segment}]`;
      if (!/^[A-Za-z_][\w-]*$/.test(segment)) return `[${JSON.stringify(segment)}]`;
      return index === 0 ? segment : `.${segment}`;
    })
    .join('');
}

export function formatProblem({ file, line, column, severity, path, message }: Problem): string {
  const text = `${file}:${line}:${column}: ${severity}: ${path === '' ? '' : `${path}: `}${message}`;
  // A name in the document could hold what a terminal obeys.
  return text.replaceAll(/\p{Cc}/gu, '?');
}

/** A policy document that is refused, whole, with everything that is wrong with it. */
export class PolicyRefused extends AppError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('config_invalid', `the policy is refused:\n${problems.map(formatProblem).join('\n')}`);
    this.problems = problems;
  }
}
