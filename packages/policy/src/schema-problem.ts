import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import type { PathSegment } from './problem.ts';
import { policySchema } from './schema.ts';
import { knownKeys, schemaAt } from './schema-tree.ts';

export interface Finding {
  readonly path: readonly PathSegment[];
  readonly part: 'key' | 'value';
  readonly message: string;
}

/** What the schema found, in sentences that say what to do. */
export function schemaFindings(issue: z.core.$ZodIssue, raw: unknown): Finding[] {
  const path = issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment));
  if (issue.code === 'unrecognized_keys') {
    return unknownKeys(path, issue.keys);
  }
  if (issue.code === 'invalid_key') {
    const messages = issue.issues.map((inner) => sentence(inner, path.at(-1)));
    return [{ path, part: 'key', message: `this name ${messages.join(', and ')}` }];
  }
  return [{ path, part: 'value', message: sentence(issue, valueAt(raw, path)) }];
}

/** Who has more unknown keys than this in one place has another document. */
const UNKNOWN_MAX = 100;

function unknownKeys(path: readonly PathSegment[], keys: readonly string[]): Finding[] {
  const known = knownKeys(schemaAt(policySchema, path));
  const finding = (key: string, message: string): Finding => ({ path: [...path, key], part: 'key', message });
  const findings = keys
    .slice(0, UNKNOWN_MAX)
    .map((key) =>
      finding(key, `there is no setting "${key}" here.${didYouMean(key, known)} Known: ${known.join(', ')}`),
    );
  const next = keys[UNKNOWN_MAX];
  if (next === undefined) return findings;
  return [...findings, finding(next, `and ${keys.length - UNKNOWN_MAX} more unknown settings`)];
}

function sentence(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return `is missing: it must be ${expected(issue)}`;
  if (value === null) return `is empty: it must be ${expected(issue)}`;
  if (issue.code === 'invalid_type') {
    return `must be ${expected(issue)}${typeof value === 'string' ? '' : quoteHint(issue.expected)}`;
  }
  if (issue.code === 'invalid_value') {
    return `must be ${expected(issue)}.${typeof value === 'string' ? didYouMean(value, issue.values.map(String)) : ''}`;
  }
  if (issue.code === 'too_big' || issue.code === 'too_small') return sizeSentence(issue);
  return issue.message;
}

const KINDS: Partial<Record<string, string>> = {
  array: 'a list',
  int: 'a whole number',
  number: 'a number',
  object: 'a map of settings',
  record: 'a map of names to values',
  string: 'text',
};

function expected(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return KINDS[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value)).join(' or ');
  return 'set';
}

const quoteHint = (kind: string) => (kind === 'string' ? ': put it in quotes' : '');

function sizeSentence(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const [bound, limit] = issue.code === 'too_big' ? ['at most', issue.maximum] : ['at least', issue.minimum];
  if (issue.origin === 'string' && limit === 1) return 'must not be empty';
  if (issue.origin === 'string') return `must have ${bound} ${limit} characters`;
  if (issue.origin === 'array') return `must have ${bound} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return issue.inclusive === false ? `must be more than ${limit}` : `must be ${bound} ${limit}`;
}

function valueAt(raw: unknown, path: readonly PathSegment[]): unknown {
  let value = raw;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<PathSegment, unknown>)[segment];
  }
  return value;
}
