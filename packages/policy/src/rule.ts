import type { PolicyDocument } from './policy-document.ts';
import { formatPath, type PathSegment } from './problem.ts';

/** The place of the policy that decided. */
export interface Rule {
  readonly path: string;
  readonly file: string;
  readonly line: number;
}

type Source = Pick<PolicyDocument, 'file' | 'locate'>;

export function ruleAt({ file, locate }: Source, path: readonly PathSegment[]): Rule {
  return { path: formatPath(path), file, line: locate(path).line };
}

/** A reason with the rule behind it: `… (tools.query_audit_log, policy.yaml:57)`. */
export function withRule(source: Source, reason: string, path: readonly PathSegment[]): string {
  const rule = ruleAt(source, path);
  return `${reason} (${rule.path === '' ? '' : `${rule.path}, `}${rule.file}:${rule.line})`;
}
